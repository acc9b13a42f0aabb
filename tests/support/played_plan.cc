#include "tests/support/played_plan.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>

#include "sender/base/hash.h"
#include "sender/message/renderer.h"
#include "sender/report/lane_rule.h"
#include "sender/scenario/other_messages.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

#include "tests/support/shipped_files.h"
#include "tests/support/shipped_templates.h"

namespace esm::test {
namespace {

template <typename T>
std::unique_ptr<T> right(std::optional<T> value, const Diagnostics& diagnostics) {
  if (!value) {
    ADD_FAILURE() << diagnostics.render();
    std::abort();
  }
  return std::make_unique<T>(std::move(*value));
}

}  // namespace

std::string project_file(const std::string& path) {
  std::ifstream file(std::string(ESM_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

PlayedPlan::PlayedPlan(const std::string& scenario, const std::string& message,
                       const std::string& profile, std::uint64_t seed) {
  Diagnostics diagnostics;
  GivenFiles files = shipped_files();
  const auto read = right(
      read_scenario(SourceText("test.yaml", scenario), {{}, &files}, diagnostics), diagnostics);
  plan_ = std::make_unique<Plan>(*read, seed);
  const auto shipped = [&diagnostics](const std::string& name) {
    const SourceText source(name, shipped_template_text(name));
    return *right(read_template(source, diagnostics), diagnostics);
  };
  message_ = shipped(message);
  for (std::size_t number = 1; number <= other_message_count(*read); ++number) {
    others_.push_back(shipped(std::string(other_message(*read, number).name)));
  }
  const auto add_profile = [&](const std::string& name) {
    const std::string path = "scenarios/profiles/" + name + ".yaml";
    profiles_.push_back(
        *right(read_profile(SourceText(path, project_file(path)), diagnostics), diagnostics));
  };
  if (profile.empty()) {
    for (const auto& own : read->receiver.profiles) add_profile(own.name);
  } else {
    add_profile(profile);
  }
  Renderer renderer(templates(), *plan_, epoch());
  Schedule schedule(*plan_);
  std::vector<Event> events(64);
  while (const std::size_t count = schedule.next(events)) {
    for (std::size_t i = 0; i < count; ++i) {
      lines_.push_back({events[i], renderer.render(events[i])});
    }
  }
}

RunRecord PlayedPlan::record(
    const RunOptions& options,
    const std::function<End(std::size_t index, std::uint32_t target)>& end) const {
  RunRecord record;
  record.program_version = "test";
  record.plan_version = kPlanVersion;
  record.seed = plan_->seed();
  record.epoch = epoch();
  record.speed = options.speed;
  record.shard_index = options.shard.index;
  record.shard_count = options.shard.count;
  record.targets.resize(options.targets);
  const auto esms = static_cast<std::uint32_t>(plan_->scenario().esms.size());
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>, std::size_t>
      lanes;
  for (std::uint32_t worker = 0; worker < options.workers; ++worker) {
    for (std::uint32_t target = 0; target < options.targets; ++target) {
      for (std::uint32_t esm = 0; esm < esms; ++esm) {
        for (std::uint32_t c = 0; c < options.connections; ++c) {
          lanes[{worker, target, esm, c}] = record.lanes.size();
          LaneRecord lane;
          lane.worker = worker;
          lane.workers = options.workers;
          lane.target = target;
          lane.esm = esm;
          lane.connection = c;
          lane.connections = options.connections;
          record.lanes.push_back(lane);
        }
      }
    }
  }
  Digest digest;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const Event& event = lines_[i].event;
    if (!options.shard.holds(event.endpoint)) continue;
    for (std::uint32_t target = 0; target < options.targets; ++target) {
      const End what = end ? end(i, target) : End{};
      if (!what.due) continue;
      if (target == 0) digest.add(hash128(lines_[i].text));
      LaneRecord& lane =
          record.lanes[lanes.at({worker_of(event.endpoint, options.shard.count, options.workers),
                                 target, plan_->esm(event.endpoint),
                                 connection_of(event.endpoint, options.shard.count, options.workers,
                                               options.connections)})];
      const std::uint64_t number = lane.due++;
      Books& books = record.targets[target].books;
      ++books.due;
      if (what.fate == Fate::kRefused) ++books.refused;
      if (what.fate == Fate::kDropped) ++books.dropped;
      if (what.fate == Fate::kWritten || what.fate == Fate::kCut) ++books.written;
      if (what.fate == Fate::kCut) ++books.cut;
      if (what.reason != Reason::kNone) ++books.by_reason[static_cast<std::size_t>(what.reason)];
      if (what.fate == Fate::kWritten && !what.uncertain) continue;
      lane.exceptions.push_back({number, number, what.fate, what.reason, 0});
    }
  }
  record.digest = digest.hex();
  record.messages = digest.count();
  return record;
}

}  // namespace esm::test
