// path: sender/cli/verbs.cc
void f() {
  try {
    g();
  } catch (const std::bad_alloc&) {  // catch (...) would hide what is wrong
  }
}
