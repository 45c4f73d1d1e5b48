# A policy that is right: what becomes of it.
fwctl check base.pix
