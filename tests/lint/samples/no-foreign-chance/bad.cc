// path: sender/scenario/plan.cc
std::mt19937 engine;  // BAD
std::uniform_int_distribution<int> uniform;  // BAD
const int value = rand();  // BAD
const auto now = std::chrono::steady_clock::now();  // BAD
