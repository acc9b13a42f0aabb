// path: sender/scenario/curve.cc
// No float here, nor a double.
std::int64_t curve(std::int64_t ppm) { return ppm * 3 / 2; }
