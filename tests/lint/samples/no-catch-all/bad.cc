// path: sender/cli/verbs.cc
void f() {
  try {
    g();
  } catch (...) {  // BAD
  }
}
