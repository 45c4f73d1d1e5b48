# SPDX-License-Identifier: GPL-2.0
# The document of summary.jq as text.

def pad($n): tostring | . + " " * ($n - length);
def lpad($n): tostring | " " * ($n - length) + .;
def fixed($digits): if . == null then "-" else
	(. * pow(10; $digits) | round | tostring) as $n
	| ("0" * ($digits + 1 - ($n | length)) + $n)
	| .[:-$digits] + "." + .[-$digits:] end;
def mpps: . / 1e6 | fixed(3);

{"wire": 0, "xdp-fib": 1, "pinhole-xdp": 2, "pinhole-tc": 3, "kernel": 4,
 "nftables": 5} as $order
| {"wire": "no gateway", "xdp-fib": "bare XDP FIB", "pinhole-xdp": "Pinhole XDP",
   "pinhole-tc": "Pinhole TC", "kernel": "kernel forwarding",
   "nftables": "nftables + conntrack"} as $names
| "\(.frame_bytes)-byte UDP frames through a gateway, everything on one core",
  "\(.cpu), \(.cores) cores, Linux \(.kernel), \(.commit), \(.date)",
  "median of \(.rounds) interleaved rounds of \(.seconds) s; load before: \(.load_before)",
  "",
  ("gateway" | pad(22)) + ("flows" | lpad(7)) + ("NAT" | lpad(5)) + "  "
  + ("state" | pad(11)) + ("Mpps" | lpad(7)) + ("min..max" | lpad(14))
  + ("ns" | lpad(6)) + ("/ceiling" | lpad(10)) + ("/kernel" | lpad(9))
  + ("/nftables" | lpad(11)),
  (.rows | sort_by(.state, .flows, $order[.path], .nat)[]
   | ($names[.path] | pad(22)) + (.flows | lpad(7))
     + ((if .nat then "yes" else "no" end) | lpad(5)) + "  "
     + ((if .path | IN("pinhole-xdp", "pinhole-tc", "nftables")
         then .state else "-" end) | pad(11))
     + (.median_pps | mpps | lpad(7))
     + ("\(.min_pps | mpps)..\(.max_pps | mpps)" | lpad(14))
     + (.ns_per_packet | round | lpad(6))
     + (.over_xdp_fib | fixed(2) | lpad(10)) + (.over_kernel | fixed(2) | lpad(9))
     + (.over_nftables | fixed(2) | lpad(11)))
