# Cost of a packet against the number of filter modules it passes: "MODULES NANOSECONDS" lines. Prints the slope and R squared of the
# straight line that fits best, and draws both as SVG into the file `svg`.
{ x[++n] = $1; y[n] = $2; sx += $1; sy += $2; sxx += $1 * $1; syy += $2 * $2; sxy += $1 * $2; if ($1 > xmax) xmax = $1; if ($2 > ymax) ymax = $2 }

function px(v) { return 60 + 520 * v / (xmax ? xmax : 1) }
function py(v) { return 340 - 300 * v / (ymax ? ymax : 1) }

END {
    slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    start = (sy - slope * sx) / n
    r = (n * sxy - sx * sy) / sqrt((n * sxx - sx * sx) * (n * syy - sy * sy))
    printf "%.1f %.4f\n", slope, r * r
    if (svg == "")
        exit
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"620\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">" >svg
    print "<path d=\"M60 40V340H580\" fill=\"none\" stroke=\"black\"/>" >svg
    printf "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"gray\" stroke-dasharray=\"4\"/>\n", px(0), py(start), px(xmax), py(start + slope * xmax) >svg
    for (i = 1; i <= n; i++) {
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/><text x=\"%.1f\" y=\"%.1f\">%s</text>\n", px(x[i]), py(y[i]), px(x[i]) + 6, py(y[i]) + 14, y[i] >svg
        printf "<text x=\"%.1f\" y=\"356\" text-anchor=\"middle\">%s</text>\n", px(x[i]), x[i] >svg
    }
    printf "<text x=\"60\" y=\"24\">ns a packet, in and out: %.1f + %.1f for each filter module (R\302\262 %.3f)</text>\n", start, slope, r * r >svg
    print "<text x=\"320\" y=\"380\" text-anchor=\"middle\">filter modules</text></svg>" >svg
}
