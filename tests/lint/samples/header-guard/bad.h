// path: sender/base/units.h BAD
int x();
