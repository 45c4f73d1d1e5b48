# Lines that can never match are named, with the lines that cover them.
fwctl check unreachable.pix
