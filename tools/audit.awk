# Generates the C table of src/pkg/audit.h from src/pkg/audit_functions.tsv: functions with a better one, by name.

BEGIN {
    FS = "\t"
    print "#include \"pkg/audit.h\"\n"
    print "const struct audit_function audit_functions[] = {"
}
FNR > 1 && NF {
    if (NF != 5 || $2 !~ /^(error|warning|note)$/) {
        printf "%s:%d: expected name, severity, rule, why, instead\n", FILENAME, FNR > "/dev/stderr"
        exit 1
    }
    printf "    { \"%s\", AUDIT_%s, \"%s\", \"%s\", \"%s\" },\n", $1, toupper($2), $3, $4, $5
    count++
}
END {
    print "};"
    printf "const unsigned audit_function_count = %d;\n", count
}
