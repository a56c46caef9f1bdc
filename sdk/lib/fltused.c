/* Compilers refer to this from every object that uses floating point. */
int _fltused = 0x9875;
