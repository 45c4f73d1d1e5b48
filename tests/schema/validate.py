#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""validate.py [--lines] SCHEMA [FILE [SCHEMA FILE]...] - is what was written as its schema says?

Why it exists: programs read fwctl's JSON. What they may rely on is written down in
tools/schema, and every test that has such output at hand asks here whether it is true.

SCHEMA is a file, or the name of one in tools/schema without .schema.json. FILE is
standard input by default. With --lines each line is a document (JSON Lines, as `fwctl
log --json` writes), and there must be one at least. Several pairs are judged one by one.

The schema itself is checked too: it must be of draft 7, and each of its objects must say
which members there are and that there are no others.

Exit status: 0 valid, 1 not valid (what is wrong, and where, is on standard error), 2 the
schema is wrong, or something could not be read.
"""
import json
import os
import sys

import jsonschema

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/schema")
DRAFT = "http://json-schema.org/draft-07/schema#"


class WrongSchema(Exception):
    """The schema, and not the document, is at fault."""


def fail_on_constant(word):
    raise ValueError(word + " is no JSON")


def no_key_twice(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice: %s" % [k for k, _ in pairs])
    return members


def parse(text):
    return json.loads(text, parse_constant=fail_on_constant,
                      object_pairs_hook=no_key_twice)


def check_objects(node, where):
    """Each object of a schema is closed, and what it requires is described."""
    if isinstance(node, list):
        for i, item in enumerate(node):
            check_objects(item, "%s/%d" % (where, i))
    if not isinstance(node, dict):
        return
    of_objects = "properties" in node or node.get("type") == "object"
    # What `properties` holds are names, and not words of the schema language.
    if of_objects and not where.endswith("/properties"):
        if node.get("additionalProperties") is not False:
            raise WrongSchema(where + ": additionalProperties is not false")
        for key in node.get("required", []):
            if key not in node.get("properties", {}):
                raise WrongSchema("%s: requires %s, which it does not describe"
                                  % (where, key))
    for key, value in node.items():
        check_objects(value, where + "/" + key)


def read_schema(name):
    path = name if os.path.exists(name) else os.path.join(SCHEMAS, name + ".schema.json")
    with open(path, encoding="utf-8") as file:
        schema = parse(file.read())
    if schema.get("$schema") != DRAFT:
        raise WrongSchema("$schema is not " + DRAFT)
    jsonschema.Draft7Validator.check_schema(schema)
    check_objects(schema, "#")
    return jsonschema.Draft7Validator(schema)


def complaints(validator, document):
    for error in sorted(validator.iter_errors(document), key=lambda e: str(e.path)):
        where = "/".join(str(part) for part in error.absolute_path) or "the document"
        yield "%s: %s" % (where, error.message[:300])


def read_text(path):
    if path is None:
        return sys.stdin.read()
    with open(path, encoding="utf-8") as file:
        return file.read()


def judge(schema, path, lines):
    """The exit status for one file."""
    try:
        validator = read_schema(schema)
        text = read_text(path)
    except (OSError, ValueError, WrongSchema, jsonschema.SchemaError) as error:
        print("validate: %s: %s" % (schema, error), file=sys.stderr)
        return 2
    documents = text.splitlines() if lines else [text]
    status = 0
    if not documents:
        print("validate: %s: nothing was written" % schema, file=sys.stderr)
        status = 1
    for number, document in enumerate(documents, 1):
        try:
            found = list(complaints(validator, parse(document)))
        except ValueError as error:
            found = ["no JSON: %s" % error]
        for what in found[:20]:
            print("validate: %s%s: %s" % (schema, ", line %d" % number if lines else "",
                                         what), file=sys.stderr)
        status = 1 if found else status
    return status


def main(arguments):
    lines = "--lines" in arguments
    names = [a for a in arguments if a != "--lines"]
    if len(names) == 1:
        names.append(None)
    if not names or len(names) % 2 or names[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    return max(judge(schema, path, lines)
               for schema, path in zip(names[::2], names[1::2]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
