// path: sender/base/units.cc
int x;
