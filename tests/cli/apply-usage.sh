for line in "apply --confirm 0 any.pix" "apply --confirm 86401 any.pix" \
	"apply --confirm 1m any.pix" "apply any.pix --confirm" \
	"apply --confirm 60 --install-routes any.pix" "apply --dry-run" \
	"confirm now" "confirm --seconds" "rollback 2" "rollback --pin-dir"; do
	echo "fwctl $line" >&2
	# shellcheck disable=SC2086
	fwctl $line
	echo "status $?" >&2
done
for command in confirm rollback; do
	fwctl $command --help
	fwctl $command --json --pin-dir /nonexistent/pins
	echo "status $?" >&2
done
