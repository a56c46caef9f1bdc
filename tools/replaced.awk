# Generates the C table of src/pe/replaced.h from src/ndis/ndis5.tsv: functions of NDIS 5 and what NDIS 6 has instead.

BEGIN {
    FS = "\t"
    print "#include \"pe/replaced.h\"\n"
    print "const struct pe_replaced pe_replaced_rows[] = {"
}
FNR > 1 && NF {
    if (NF != 2) {
        printf "%s:%d: expected two columns\n", FILENAME, FNR > "/dev/stderr"
        exit 1
    }
    printf "    { \"%s\", \"%s\" },\n", $1, $2
    count++
}
END {
    print "};"
    printf "const unsigned pe_replaced_count = %d;\n", count
}
