fwctl check - <base.pix
