# SPDX-License-Identifier: GPL-2.0-only
# Cost of a refused SYN, and who could still join. Wants data, out, settings, name.
set datafile separator tab
set logscale x
set xlabel "forged SYNs a second"
set grid
set key outside right noenhanced
do for [type in "svg png"] {
	eval "set terminal ".type." size 900,700"
	set output out.".".type
	set multiplot layout 2,1 title name noenhanced
	set ylabel "ns of CPU a SYN"
	set yrange [0:*]
	plot for [s in settings] data.".".s using 1:2:3:4 with yerrorlines title s
	set ylabel "legitimate joins that succeeded, %"
	set yrange [0:105]
	plot for [s in settings] data.".".s using 1:5 with linespoints title s
	unset multiplot
}
