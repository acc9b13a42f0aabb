// What a test plays: a scenario, found and read as `esm-sender run` does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/time.h"
#include "sender/cli/inputs.h"
#include "sender/testkit/result.h"
#include "sender/testkit/truth.h"

namespace esm::testkit {

// As the command's options of these names; what is empty is the scenario's own.
struct ScriptOptions {
  std::vector<std::string> settings;  // of its parameters: "NAME=VALUE" (--set)
  std::string message;                // a template's name or path (--template)
  std::vector<std::string> profiles;  // the receiver's, likewise (--profile)
  std::uint64_t seed = 1;
  std::optional<UtcTime> epoch;  // what messages say at its start; none: now
};

// Copies share what they hold. Not ok(): text() says what is wrong, with file, line and hint; it is
// then still a Script, and whatever is done with it is not ok() either, in the same words.
class Script : public Result {
 public:
  // The name of a shipped scenario ("morning-logon") or a path.
  static Script named(const std::string& name, const ScriptOptions& options = {});
  // A scenario as it stands in a file; it may name shipped templates and profiles, and other ones
  // by path, but no further files.
  static Script of_text(const std::string& scenario, const ScriptOptions& options = {});

  // How many messages it sends in all; 0 if not ok().
  std::uint64_t messages() const;
  // The table of a correct receiver at `moment` ("30m", "end") if it is played in real time.
  Truth truth(const std::string& moment, const ReceiverSetting& receiver = {}) const;

  // What the command would work on. Null if not ok().
  const std::shared_ptr<const Inputs>& inputs() const { return inputs_; }

 private:
  Script(std::optional<Inputs> inputs, const Diagnostics& found);

  std::shared_ptr<const Inputs> inputs_;
};

}  // namespace esm::testkit
