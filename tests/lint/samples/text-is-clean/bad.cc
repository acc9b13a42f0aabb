// path: sender/base/units.cc
int x;  // BAD 
<<<<<<< HEAD BAD
