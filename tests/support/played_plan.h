// A scenario written in a test, planned and rendered, and the record of a run of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sender/mapping/profile.h"
#include "sender/message/template.h"
#include "sender/report/run_record.h"
#include "sender/scenario/plan.h"

namespace esm::test {

// The text of a file of the project, by its path from the root.
std::string project_file(const std::string& path);

class PlayedPlan {
 public:
  // `scenario` in YAML. Templates and `profile` are shipped names; an empty profile stands for the
  // scenario's own. A mistake in any of them fails the test and ends it.
  explicit PlayedPlan(const std::string& scenario,
                      const std::string& message = "traps-leef-heartbeat",
                      const std::string& profile = "", std::uint64_t seed = 1);

  struct Line {
    Event event;
    std::string text;
  };

  const Plan& plan() const { return *plan_; }
  Templates templates() const { return {message_, others_}; }
  const std::vector<Profile>& profiles() const { return profiles_; }
  const Profile& profile() const { return profiles_.front(); }
  UtcTime epoch() const { return plan_->scenario().start; }
  // Every message in schedule order.
  const std::vector<Line>& lines() const { return lines_; }

  // What became of message number `index` of lines() at a target.
  struct End {
    Fate fate = Fate::kWritten;
    Reason reason = Reason::kNone;
    bool uncertain = false;
    bool due = true;  // false: the run was stopped before; holds for all later ones too
  };
  struct RunOptions {
    Shard shard{};
    std::uint32_t workers = 1;
    std::uint32_t connections = 1;
    std::uint32_t targets = 1;
    Speed speed{};
  };
  // As the engine would write it, in the plain way: every message is dealt out by itself.
  RunRecord record(
      const RunOptions& options,
      const std::function<End(std::size_t index, std::uint32_t target)>& end = {}) const;

 private:
  std::unique_ptr<Plan> plan_;
  Template message_;
  std::vector<Template> others_;
  std::vector<Profile> profiles_;
  std::vector<Line> lines_;
};

}  // namespace esm::test
