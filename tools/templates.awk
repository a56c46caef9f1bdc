# Template files as C: awk -f templates.awk FILE.. writes an array of names and texts. The name is the path below src/pkg/ or the
# source tree.
function name_of(path) { sub(/^src\/pkg\//, "", path); return path }
BEGIN {
    print "/* Made by tools/templates.awk. */"
    print "#include \"pkg/template.h\""
    print "const struct template_file template_files[] = {"
    for (i = 1; i < ARGC; i++) {
        printf "    { \"%s\",\n", name_of(ARGV[i])
        while ((getline line < ARGV[i]) > 0) {
            gsub(/\\/, "\\\\\\\\", line)
            gsub(/"/, "\\\"", line)
            gsub(/\t/, "\\\\t", line)
            gsub(/\?/, "\\\\?", line)
            printf "      \"%s\\n\"\n", line
        }
        close(ARGV[i])
        print "    },"
    }
    print "    { 0 }"
    print "};"
}
