sed 's/eq 443/eq 8443/; s/0:05:00/0:01:00/' base.pix | fwctl diff --json base.pix -
