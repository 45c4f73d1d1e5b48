# Every command has a summary, by all the ways there are to ask for it, which says how to
# call it and what its exit statuses are; and refuses what it does not know. Only what is
# not so is written.
check() { # status what-must-be-said fwctl-argument...
	wanted=$1
	words=$2
	shift 2
	out=$(fwctl "$@" 2>&1)
	status=$?
	[ "$status" -eq "$wanted" ] || echo "fwctl $*: status $status"
	echo "$out" | grep -q -e "$words" || echo "fwctl $*: not '$words' but: $out"
}
commands=$(fwctl --help | awk '!NF { n++ } NF && n == 1 { print $1 }')
for command in $commands; do
	for said in "^Usage: fwctl $command" "^Exit status: "; do
		check 0 "$said" "$command" --help
		check 0 "$said" "$command" -h
		check 0 "$said" help "$command"
	done
	check 2 "^Try: fwctl .*--help" "$command" --no-such-option
	fwctl "$command" --help | awk 'length > 90 { print "'"$command"' --help: too wide: " $0 }'
	out=$(fwctl "$command" --no-such-option 2>/dev/null)
	[ -z "$out" ] || echo "$command: complains on standard output"
done
for command in show clear diff apply log top capture packet-tracer unload confirm rollback; do
	check 2 "^fwctl $command: --pin-dir \(needs a value\|takes an argument\)" "$command" --pin-dir
done
for command in version confirm rollback top log; do
	check 2 "^Try: fwctl $command --help" "$command" one-too-many
done
check 2 "did you mean show" sohw
check 2 "^fwctl: unknown command 'quux'$" quux
check 2 "did you mean pinholes" show pinhole
check 2 "'0' is no delay: 0.1 to 3600 seconds" top --delay 0
check 2 "is no delay" top --delay 1s
check 2 "is no delay" top --delay nan
check 2 "^fwctl top: --json is for --once" top --json
check 2 "this is no terminal; --once" top
echo "commands: $(echo "$commands" | wc -l)"
