# SPDX-License-Identifier: GPL-2.0-only
# Bars of ratios with their quartiles. Wants data, out, base and name.
set datafile separator tab
set style fill solid 0.6 noborder
set boxwidth 0.6
set grid ytics
set ylabel "ratio to ".base
set title name.": median and quartiles" noenhanced
set xtics rotate by -35 noenhanced
set yrange [0:*]
unset key
do for [type in "svg png"] {
	eval "set terminal ".type." size 900,500"
	set output out.".".type
	plot data using 0:2:xtic(1) with boxes linecolor rgb "#4477aa", \
		data using 0:2:3:4 with yerrorbars linecolor rgb "#222222" pointtype 0, \
		1 linecolor rgb "#aa3377" dashtype 2
}
