// What a receiver got or learnt, against what it should have.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sender/testkit/result.h"
#include "sender/verify/verdict.h"

namespace esm::testkit {

// ok(): nothing is missing, altered, invented, …; text() is what `verify` prints: every difference,
// with the message it is about and the cause where it can be told. What could not be read is not
// ok() either, and compared with nothing.
class Comparison : public Result {
 public:
  explicit Comparison(std::string why) : Result(false, std::move(why)) {}
  // `what` was compared: "messages", "mappings".
  Comparison(Verdict verdict, std::string_view what)
      : Result(verdict.ok(), verdict_text(verdict, what)), verdict_(std::move(verdict)) {}

  // The numbers: missing, altered, …
  const Verdict& verdict() const { return verdict_; }

 private:
  Verdict verdict_;
};

}  // namespace esm::testkit
