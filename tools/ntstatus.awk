# Generates the C table of src/nt/status_text.h from sdk/include/ntstatus.h (names and values) and src/nt/ntstatus_text.tsv
# (sentences). The first name of a value counts.

FILENAME ~ /\.tsv$/ {
    split($0, part, "\t")
    sentence[part[1]] = part[2]
    next
}

$1 == "#define" && $3 ~ /^\(\(NTSTATUS\)0x/ {
    value = $3
    sub(/^\(\(NTSTATUS\)/, "", value)
    sub(/L?\).*$/, "", value)
    if (!(value in seen)) {
        seen[value] = 1
        order[++count] = $2
        number[count] = value
    }
}

END {
    print "#include \"nt/status_text.h\"\n"
    print "const struct status_text status_texts[] = {"
    for (i = 1; i <= count; i++)
        printf "    { %su, \"%s\", \"%s\" },\n", number[i], order[i], sentence[order[i]]
    print "};"
    printf "const unsigned status_text_count = %d;\n", count
}
