// path: sender/main.cc
int main() {
  try {
    return run();
  } catch (...) {
    return 1;
  }
}
