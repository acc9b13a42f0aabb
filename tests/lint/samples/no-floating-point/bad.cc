// path: sender/scenario/curve.cc
#include <cmath>  // BAD
double curve(std::int64_t ppm) {  // BAD
  return std::exp(ppm);  // BAD
}
