# Lists on the way out, for this machine, for all interfaces.
{
	cat base.pix
	echo 'access-list ssh permit tcp any any eq 22'
	echo 'access-list mail deny tcp any any eq 25'
	echo 'access-list mail permit ip any any'
	echo 'access-group ssh in interface outside control-plane'
	echo 'access-group mail out interface outside'
	echo 'access-group ssh global'
} | fwctl diff base.pix -
