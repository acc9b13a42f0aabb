// One function a verb: words in, exit status out. Each reads as parse, plan, open, run, report.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"
#include "sender/cli/shipped.h"

namespace esm {

using Words = std::span<const std::string>;

int verb_run(Words words);
int verb_load(Words words);
int verb_send(Words words);
int verb_render(Words words);
int verb_check(Words words);
int verb_truth(Words words);
int verb_listen(Words words);
int verb_verify(Words words);
int verb_scenarios(Words words);
int verb_templates(Words words);
int verb_profiles(Words words);

// Shows what was found wrong on standard error and returns kUsage.
int usage_error(const Diagnostics& diagnostics);
// Shows warnings alone, if there are any.
void show_warnings(const Diagnostics& diagnostics);
UtcTime wall_clock_now();

// Standard output with large writes. finish() flushes and returns false, with a message on standard
// error, when not everything could be written; a reader that went away (a closed pipe) is no error.
class Output {
 public:
  Output();
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void write(std::string_view text);
  // A reader went away: nothing more will be read.
  bool closed() const { return closed_; }
  bool finish();

 private:
  void flush();
  std::string buffer_;
  int error_ = 0;
  bool closed_ = false;
};

}  // namespace esm
