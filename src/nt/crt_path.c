/* _makepath_s, _splitpath_s and their wide forms. */
#include "nt/crt.h"

#define C char
#define MAKE crt__makepath_s
#define SPLIT crt__splitpath_s
#define ADD add_narrow
#define ADD_ONE add_one_narrow
#define PART part_narrow
#include "nt/crt_path_template.h"
#undef C
#undef MAKE
#undef SPLIT
#undef ADD
#undef ADD_ONE
#undef PART
#define C WCHAR
#define MAKE crt__wmakepath_s
#define SPLIT crt__wsplitpath_s
#define ADD add_wide
#define ADD_ONE add_one_wide
#define PART part_wide
#include "nt/crt_path_template.h"
