# SPDX-License-Identifier: GPL-2.0
# The lines of all measurements (slurped), with $machine: one document with a
# row for each kind of measurement. Ratios are of medians.

def median: sort | if length % 2 == 1 then .[length / 2 | floor]
	else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def kind: {path, flows, nat, state};
def rounded($digits): . * pow(10; $digits) | round / pow(10; $digits);

. as $measurements
| [group_by(kind)[]
   | (.[0] | kind) + {
	median_pps: ([.[].pps] | median),
	min_pps: ([.[].pps] | min),
	max_pps: ([.[].pps] | max),
	delivered_share: (([.[].delivered] | add) / ([.[].sent] | add) | rounded(4))
     }
   | .ns_per_packet = (1e9 / .median_pps | rounded(1))] as $rows
| def median_of($path; $row; $same): [$rows[]
	| select(.path == $path and .flows == $row.flows
		 and (($same | not) or (.nat == $row.nat and .state == $row.state)))
	| .median_pps][0];
  # The peers that neither translate nor know connections have one row for all.
  def over($path; $same): . as $row
	| median_of($path; $row; $same) as $peer
	| if $peer then $row.median_pps / $peer | rounded(3) else null end;
  $machine[0] + {
	rows: [$rows[] | . + {
		over_xdp_fib: over("xdp-fib"; false),
		over_kernel: over("kernel"; false),
		over_nftables: over("nftables";
			.path | IN("pinhole-xdp", "pinhole-tc", "nftables"))}],
	measurements: $measurements
  }
