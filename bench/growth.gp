# SPDX-License-Identifier: GPL-2.0-only
# How long a join takes among others. Wants data, out, settings and name.
set datafile separator tab
set logscale x
set xlabel "connections that are open"
set ylabel "a join, microseconds"
set yrange [0:*]
set grid
set key outside right noenhanced
set title name noenhanced
do for [type in "svg png"] {
	eval "set terminal ".type." size 900,500"
	set output out.".".type
	plot for [s in settings] data.".".s using 1:2:3:4 with yerrorlines title s
}
