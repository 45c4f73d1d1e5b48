for options in "" "--dialect ios base.pix" "--dialect" "--ignore everything base.pix" \
	"--colour base.pix" "base.pix base.pix" "no-such-file.pix"; do
	echo "fwctl check $options" >&2
	# shellcheck disable=SC2086
	fwctl check $options
	echo "status $?" >&2
done
