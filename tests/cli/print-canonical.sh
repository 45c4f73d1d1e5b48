# To standard output, so that it can be kept; and it prints as itself.
fwctl print base.pix
once=$(fwctl print base.pix)
twice=$(printf '%s\n' "$once" | fwctl print -)
[ "$once" = "$twice" ] && echo "prints as itself"
