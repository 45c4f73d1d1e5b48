# Written otherwise, and permits the same.
fwctl diff base.pix same.pix
