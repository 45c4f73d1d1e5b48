# Without the list, the security levels decide; towards whom they are asked.
sed '/access-group/d' base.pix | fwctl diff base.pix -
echo
sed 's/dmz security50/dmz security0/' base.pix | fwctl diff base.pix -
