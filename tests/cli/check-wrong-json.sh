fwctl check --json wrong.pix
