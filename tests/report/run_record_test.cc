#include "sender/report/run_record.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/hash.h"

#include "tests/report/full_record.h"

namespace esm {
namespace {

namespace json = boost::json;

struct Read {
  std::optional<RunRecord> record;
  std::string problems;
};

Read read(const std::string& text) {
  Diagnostics diagnostics;
  Read out;
  out.record = read_run_record(SourceText("run.json", text), diagnostics);
  out.problems = diagnostics.render();
  EXPECT_EQ(out.record.has_value(), !diagnostics.has_errors());
  return out;
}

// The full record's JSON after a change.
std::string changed(const std::function<void(json::object&)>& change) {
  json::value value = json::parse(to_json(test::full_record()));
  change(value.get_object());
  return json::serialize(value);
}

json::value& at(json::object& root, std::string_view pointer) {
  json::value* value = &root[pointer.substr(0, pointer.find('/'))];
  while (pointer.find('/') != std::string_view::npos) {
    pointer.remove_prefix(pointer.find('/') + 1);
    const std::string key(pointer.substr(0, pointer.find('/')));
    value = value->is_array() ? &value->get_array().at(std::stoul(key)) : &value->get_object()[key];
  }
  return *value;
}

void expect_equal(const RunRecord& a, const RunRecord& b) {
  EXPECT_EQ(a.schema_version, b.schema_version);
  EXPECT_EQ(a.program_version, b.program_version);
  EXPECT_EQ(a.plan_version, b.plan_version);
  EXPECT_EQ(a.scenario_name, b.scenario_name);
  EXPECT_EQ(a.scenario_text, b.scenario_text);
  EXPECT_EQ(a.settings, b.settings);
  ASSERT_EQ(a.files.size(), b.files.size());
  for (std::size_t i = 0; i < a.files.size(); ++i) {
    EXPECT_EQ(a.files[i].name(), b.files[i].name());
    EXPECT_EQ(a.files[i].text(), b.files[i].text());
  }
  EXPECT_EQ(a.template_name, b.template_name);
  EXPECT_EQ(a.template_text, b.template_text);
  ASSERT_EQ(a.faults.size(), b.faults.size());
  for (std::size_t i = 0; i < a.faults.size(); ++i) {
    EXPECT_EQ(a.faults[i].fault, b.faults[i].fault);
    EXPECT_EQ(a.faults[i].messages, b.faults[i].messages);
  }
  ASSERT_EQ(a.noise_templates.size(), b.noise_templates.size());
  for (std::size_t i = 0; i < a.noise_templates.size(); ++i) {
    EXPECT_EQ(a.noise_templates[i].name, b.noise_templates[i].name);
    EXPECT_EQ(a.noise_templates[i].text, b.noise_templates[i].text);
    EXPECT_EQ(a.noise_templates[i].pad_to, b.noise_templates[i].pad_to);
  }
  ASSERT_EQ(a.profiles.size(), b.profiles.size());
  for (std::size_t i = 0; i < a.profiles.size(); ++i) {
    EXPECT_EQ(a.profiles[i].name(), b.profiles[i].name());
    EXPECT_EQ(a.profiles[i].text(), b.profiles[i].text());
  }
  EXPECT_EQ(a.seed, b.seed);
  EXPECT_EQ(a.epoch, b.epoch);
  EXPECT_EQ(a.wall_start, b.wall_start);
  EXPECT_EQ(a.speed, b.speed);
  EXPECT_EQ(a.shard_index, b.shard_index);
  EXPECT_EQ(a.shard_count, b.shard_count);
  EXPECT_EQ(a.pad_to, b.pad_to);
  EXPECT_EQ(a.command_line, b.command_line);
  EXPECT_EQ(a.digest, b.digest);
  EXPECT_EQ(a.messages, b.messages);
  EXPECT_EQ(a.elapsed, b.elapsed);
  EXPECT_EQ(a.plan_messages, b.plan_messages);
  EXPECT_EQ(a.lateness, b.lateness);
  EXPECT_EQ(a.closed_loop, b.closed_loop);
  EXPECT_EQ(a.interrupted, b.interrupted);
  EXPECT_EQ(a.complete, b.complete);
  EXPECT_EQ(a.tls_insecure, b.tls_insecure);
  EXPECT_EQ(a.distribution, b.distribution);
  EXPECT_EQ(a.warnings, b.warnings);
  ASSERT_EQ(a.targets.size(), b.targets.size());
  for (std::size_t i = 0; i < a.targets.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(a.targets[i].target, b.targets[i].target);
    EXPECT_EQ(a.targets[i].framing, b.targets[i].framing);
    EXPECT_EQ(a.targets[i].weight, b.targets[i].weight);
    EXPECT_EQ(a.targets[i].order_relaxed, b.targets[i].order_relaxed);
    EXPECT_EQ(a.targets[i].peer, b.targets[i].peer);
    EXPECT_EQ(a.targets[i].certificate, b.targets[i].certificate);
    const Books &x = a.targets[i].books, &y = b.targets[i].books;
    EXPECT_EQ(x.due, y.due);
    EXPECT_EQ(x.written, y.written);
    EXPECT_EQ(x.cut, y.cut);
    EXPECT_EQ(x.refused, y.refused);
    EXPECT_EQ(x.dropped, y.dropped);
    EXPECT_EQ(x.by_reason, y.by_reason);
    EXPECT_EQ(x.stream, y.stream);
    EXPECT_EQ(x.drained, y.drained);
    EXPECT_EQ(x.acknowledged, y.acknowledged);
    EXPECT_EQ(x.uncertain, y.uncertain);
    EXPECT_EQ(x.icmp_errors, y.icmp_errors);
    EXPECT_EQ(x.bytes_written, y.bytes_written);
    EXPECT_EQ(x.connections, y.connections);
    EXPECT_EQ(x.reconnects, y.reconnects);
    EXPECT_EQ(x.resent, y.resent);
  }
  ASSERT_EQ(a.lanes.size(), b.lanes.size());
  for (std::size_t i = 0; i < a.lanes.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(a.lanes[i].worker, b.lanes[i].worker);
    EXPECT_EQ(a.lanes[i].workers, b.lanes[i].workers);
    EXPECT_EQ(a.lanes[i].target, b.lanes[i].target);
    EXPECT_EQ(a.lanes[i].esm, b.lanes[i].esm);
    EXPECT_EQ(a.lanes[i].connection, b.lanes[i].connection);
    EXPECT_EQ(a.lanes[i].connections, b.lanes[i].connections);
    EXPECT_EQ(a.lanes[i].due, b.lanes[i].due);
    EXPECT_EQ(a.lanes[i].exceptions, b.lanes[i].exceptions);
    EXPECT_EQ(a.lanes[i].acknowledged, b.lanes[i].acknowledged);
    EXPECT_EQ(a.lanes[i].resent, b.lanes[i].resent);
    EXPECT_EQ(a.lanes[i].exceptions_overflowed, b.lanes[i].exceptions_overflowed);
  }
}

TEST(RunRecord, SurvivesWritingAndReading) {
  const RunRecord record = test::full_record();
  const std::string text = to_json(record);
  const Read back = read(text);
  ASSERT_TRUE(back.record) << back.problems;
  expect_equal(*back.record, record);
  EXPECT_EQ(to_json(*back.record), text);
}

TEST(RunRecord, SpeedMaxIsNoSpeed) {
  RunRecord record = test::full_record();
  record.speed.reset();
  const Read back = read(to_json(record));
  ASSERT_TRUE(back.record) << back.problems;
  EXPECT_FALSE(back.record->speed);
}

TEST(RunRecord, ARunThatNeverStartedCanBeRead) {
  RunRecord record;
  record.profiles = {{"traps-kb", "type: regex\n"}};
  record.digest = Digest().hex();
  record.targets.resize(1);
  record.lanes.resize(1);
  const Read back = read(to_json(record));
  ASSERT_TRUE(back.record) << back.problems;
  expect_equal(*back.record, record);
}

TEST(RunRecord, IsWrittenForPeopleToo) {
  const std::string text = to_json(test::full_record());
  for (const char* line : {
           "{\n  \"schema_version\": 1,\n  \"program_version\": \"1.2.3\",\n",
           "  \"epoch\": \"2026-03-02T07:55:00.123456789Z\",\n",
           "  \"written_per_second\": 24.800,\n",
           "  \"seed\": 18446744073709551615,\n",
           "  \"speed\": \"1.5\",\n",
           "  \"elapsed_ns\": 2500000001,\n",
           "        {\"first\": 2, \"last\": 3, \"fate\": \"refused\", \"reason\": "
           "\"connection-refused\", \"errno\": 111},\n",
           "    \"p50_ns\": 105023,\n",
           "      [104960, 58],\n",
           "an umlaut \u00fc\\nlength",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(text.substr(text.size() - 3), "\n}\n");
}

TEST(RunRecord, TextThatIsNotUtf8IsWrittenEscaped) {
  RunRecord record = test::full_record();
  record.command_line = {"run",
                         "gr\xfc\xdf"
                         "e.yaml"};
  const Read back = read(to_json(record));
  ASSERT_TRUE(back.record) << back.problems;
  EXPECT_EQ(back.record->command_line[1], "gr\\xfc\\xdfe.yaml");
}

TEST(RunRecord, EveryMemberIsDocumented) {
  std::ifstream file(std::filesystem::path(ESM_SOURCE_DIR) / "sender/report/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  ASSERT_FALSE(readme.str().empty());

  std::set<std::string> paths;
  const std::function<void(const json::value&, const std::string&)> walk =
      [&](const json::value& value, const std::string& path) {
        if (const json::object* object = value.if_object()) {
          for (const auto& member : *object) {
            walk(member.value(), (path.empty() ? "" : path + ".") + std::string(member.key()));
          }
        } else if (const json::array* array = value.if_array()) {
          for (const json::value& item : *array) walk(item, path + "[]");
        } else {
          paths.insert(path);
        }
      };
  walk(json::parse(to_json(test::full_record())), "");
  EXPECT_GT(paths.size(), 60U);
  for (const std::string& path : paths) {
    // `totals` has the members of targets[].books.
    const std::string row = path.starts_with("totals.") ? "| `totals` |" : "| `" + path + "` |";
    EXPECT_NE(readme.str().find("\n" + row), std::string::npos) << path;
  }
}

TEST(RunRecord, MembersOfALaterProgramArePassedOver) {
  const std::string text = changed([](json::object& root) {
    root["colour"] = "blue";
    at(root, "lanes/0").get_object()["weather"] = json::array{1, 2};
  });
  const Read back = read(text);
  ASSERT_TRUE(back.record) << back.problems;
  expect_equal(*back.record, test::full_record());
}

TEST(RunRecord, OneOfBeforeThereWasNoiseIsRead) {
  const Read back = read(changed([](json::object& root) { root.erase("noise_templates"); }));
  ASSERT_TRUE(back.record) << back.problems;
  EXPECT_TRUE(back.record->noise_templates.empty());
  EXPECT_EQ(back.record->template_name, test::full_record().template_name);
}

TEST(RunRecord, OneOfBeforeOrderCouldBeRelaxedIsRead) {
  const Read back =
      read(changed([](json::object& root) { at(root, "targets/1").get_object().erase("order"); }));
  ASSERT_TRUE(back.record) << back.problems;
  EXPECT_FALSE(back.record->targets[1].order_relaxed);
}

TEST(RunRecord, OneOfBeforeThereWereFaultsIsRead) {
  const Read back = read(changed([](json::object& root) { root.erase("faults"); }));
  ASSERT_TRUE(back.record) << back.problems;
  EXPECT_TRUE(back.record->faults.empty());
  EXPECT_EQ(back.record->digest, test::full_record().digest);
}

TEST(RunRecord, OneOfBeforeThereCouldBeSeveralProfilesIsRead) {
  const Read back = read(changed([](json::object& root) {
    root.erase("profiles");
    root["profile_name"] = "traps-kb";
    root["profile_text"] = "type: regex";
  }));
  ASSERT_TRUE(back.record) << back.problems;
  ASSERT_EQ(back.record->profiles.size(), 1U);
  EXPECT_EQ(back.record->profiles[0].name(), "traps-kb");
  EXPECT_EQ(back.record->profiles[0].text(), "type: regex");
}

TEST(RunRecord, OneWithoutAProfileIsRefused) {
  const Read back = read(changed([](json::object& root) { root["profiles"] = json::array{}; }));
  EXPECT_FALSE(back.record);
  EXPECT_NE(back.problems.find("profiles: there is none"), std::string::npos) << back.problems;
}

TEST(RunRecord, EveryMissingMemberIsNamedByItsPath) {
  const std::set<std::string> computed{"written_per_second", "totals",
                                       "lateness.p50_ns",    "lateness.p90_ns",
                                       "lateness.p99_ns",    "lateness.p99_9_ns"};
  int tried = 0;
  // Takes every member away once, wherever it stands.
  const std::function<void(const json::value&, const std::string&, const std::string&)> walk =
      [&](const json::value& value, const std::string& path, const std::string& pointer) {
        if (const json::object* object = value.if_object()) {
          for (const auto& member : *object) {
            const std::string key(member.key());
            const std::string here = path.empty() ? key : path + "." + key;
            const std::string there = pointer.empty() ? key : pointer + "/" + key;
            if (computed.contains(here)) continue;
            // These may be missing, but nothing in them.
            if (key == "certificate" || key == "weight" || key == "distribution") continue;
            if (here == "noise_templates" || here == "faults" || key == "order" ||
                (key == "acknowledged" && member.value().is_array()) || key == "resent") {
              walk(member.value(), here, there);
              continue;
            }
            const std::string text = changed([&](json::object& root) {
              (pointer.empty() ? root : at(root, pointer).get_object()).erase(key);
            });
            const Read back = read(text);
            EXPECT_FALSE(back.record) << here;
            EXPECT_EQ(back.problems, fmt::format("run.json: error: {} is missing\nhint: this is no "
                                                 "run record as --report writes it, or it was "
                                                 "changed or cut\n",
                                                 here));
            ++tried;
            walk(member.value(), here, there);
          }
        } else if (const json::array* array = value.if_array()) {
          for (std::size_t i = 0; i < array->size(); ++i) {
            walk((*array)[i], fmt::format("{}[{}]", path, i), fmt::format("{}/{}", pointer, i));
          }
        }
      };
  walk(json::parse(to_json(test::full_record())), "", "");
  EXPECT_GT(tried, 100);
}

TEST(RunRecord, WhatIsWrongIsNamedByItsPath) {
  const struct {
    const char* pointer;
    json::value value;
    const char* problem;
  } rows[] = {
      {"lanes/2/due", "many", "lanes[2].due: a text where a whole number is needed"},
      {"lanes/2/due", -1,
       "lanes[2].due: -1 is out of range, 0 to 18446744073709551615 are "
       "possible"},
      {"lanes/2/due", 1.5,
       "lanes[2].due: a number that is not whole, or too large where a whole "
       "number is needed"},
      {"lanes/2/workers", 0, "lanes[2].workers: 0 is out of range, 1 to 4294967295 are possible"},
      {"lanes/2/workers", 3, "lanes[2].workers differs from the first lane's"},
      {"lanes/0/worker", 2, "lanes[0].worker is not below workers"},
      {"lanes/0/worker", 4294967296,
       "lanes[0].worker: 4294967296 is out of range, 0 to 4294967295 "
       "are possible"},
      {"distribution", "round-robin", "distribution is 'round-robin', which is not known"},
      {"targets/0/weight", 0, "targets[0].weight: 0 is out of range, 1 to 4294967295 are possible"},
      {"targets/0/weight", 1001, "targets[0].weight is 1001: at most 1000 is possible"},
      {"lanes/0/target", 2, "lanes[0].target names none of the targets"},
      {"lanes/1/connection", 2, "lanes[1].connection is not below connections"},
      {"lanes/0/exceptions", json::object{},
       "lanes[0].exceptions: an object where a list is "
       "needed"},
      {"lanes/0/exceptions/1", 5,
       "lanes[0].exceptions[1]: a whole number where an object is "
       "needed"},
      {"lanes/0/exceptions/1/fate", "lost",
       "lanes[0].exceptions[1].fate is 'lost', which is not "
       "known"},
      {"lanes/0/exceptions/1/reason", "moon",
       "lanes[0].exceptions[1].reason is 'moon', which is "
       "not known"},
      {"lanes/0/exceptions/1/reason", "none",
       "lanes[0].exceptions[1].reason is 'none', which does "
       "not go with 'refused'"},
      {"lanes/0/exceptions/1/first", 0,
       "lanes[0].exceptions[1].first is not behind the interval "
       "before"},
      {"lanes/0/exceptions/1/last", 1, "lanes[0].exceptions[1].last is below first"},
      {"lanes/0/exceptions/4/last", 20, "lanes[0].exceptions[4].last is not below the lane's due"},
      {"lanes/0/exceptions_overflowed", 1,
       "lanes[0].exceptions_overflowed: a whole number where "
       "true or false is needed"},
      {"lanes/2/due", 37, "targets[1].books.due is 36, the lanes of this target say 37"},
      {"targets/1/books/written", 35,
       "targets[1].books.due: the books do not add up: 36 due, 35 "
       "written, 0 refused, 0 dropped"},
      {"targets/0/books/by_reason", nullptr,
       "targets[0].books.by_reason: null where an object is "
       "needed"},
      {"seed", 18446744073709551616.0,
       "seed: a number that is not whole, or too large where a "
       "whole number is needed"},
      {"epoch", "yesterday", "epoch: 'yesterday' is not a time as in RFC 3339"},
      {"epoch", 5, "epoch: a whole number where a time is needed"},
      {"speed", "fast", "speed is 'fast': a speed or 'max' is needed"},
      {"shard_index", 5, "shard_index is not below shard_count"},
      {"digest", "12", "digest is '12': 32 hexadecimal digits are needed"},
      {"command_line/1", true, "command_line[1]: a truth value where a text is needed"},
      {"lateness/count", 7,
       "lateness.buckets do not fit count, min_ns and max_ns, or are no "
       "buckets of ours"},
      {"lateness/buckets/1", json::array{1},
       "lateness.buckets[1]: a list of value in ns and count "
       "is needed"},
      {"lateness/buckets/1/0", "x",
       "lateness.buckets[1][0]: a text where a whole number is "
       "needed"},
      {"elapsed_ns", -1, "elapsed_ns: -1 is out of range, 0 to 9223372036854775807 are possible"},
  };
  for (const auto& row : rows) {
    const Read back = read(changed([&](json::object& root) { at(root, row.pointer) = row.value; }));
    EXPECT_FALSE(back.record) << row.pointer;
    EXPECT_EQ(back.problems,
              fmt::format("run.json: error: {}\nhint: this is no run record as --report writes it, "
                          "or it was changed or cut\n",
                          row.problem));
  }
}

TEST(RunRecord, TwoLanesCannotBeTheSame) {
  const Read back = read(changed([](json::object& root) {
    at(root, "lanes/1/worker") = 0;
    at(root, "lanes/1/connection") = 0;
  }));
  EXPECT_EQ(back.problems.substr(0, back.problems.find('\n')),
            "run.json: error: lanes[1]: another lane has the same worker, target, esm and "
            "connection");
}

TEST(RunRecord, AnotherSchemaIsRefusedWithTheProgramThatReadsIt) {
  const Read back = read(changed([](json::object& root) {
    root["schema_version"] = 2;
    root.erase("lanes");
  }));
  EXPECT_EQ(back.problems,
            "run.json: error: schema_version 2 is not known to this program, which reads 1\n"
            "hint: use esm-sender 1.2.3, which wrote it\n");
}

TEST(RunRecord, WhatIsNotJsonIsRefusedWithItsPlace) {
  const struct {
    const char* text;
    const char* problems;
  } rows[] = {
      {"", "run.json:1:1: error: this is not JSON: it ends too early\n"},
      {"{\n  \"schema_version\": 1,\n",
       "run.json:3:1: error: this is not JSON: it ends too early\n"},
      {"[1, 2",
       "run.json:1:6: error: this is not JSON: it ends too early\n    1 | [1, 2\n      |   "
       "   ^\n"},
      {"{\n\"a\": tru\n}",
       "run.json:2:6: error: this is not JSON: syntax error\n    2 | \"a\": tru\n"
       "      |      ^\n"},
      {"{} {}", "run.json:1:4: error: this is not JSON: extra data\n    1 | {} {}\n      |    ^\n"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(read(row.text).problems,
              std::string(row.problems) + "hint: a run record is written by --report FILE.json\n")
        << row.text;
  }
}

TEST(RunRecord, OtherJsonIsRefused) {
  EXPECT_EQ(read("{}").problems,
            "run.json: error: schema_version is missing\n"
            "hint: this is no run record as --report writes it, or it was changed or cut\n");
  EXPECT_EQ(read("[]").problems,
            "run.json: error: the file: a list where an object is needed\n"
            "hint: this is no run record as --report writes it, or it was changed or cut\n");
}

TEST(RunRecord, HostileJsonIsRefusedInBoundedWork) {
  const Read deep = read(std::string(1'000'000, '['));
  EXPECT_NE(deep.problems.find("this is not JSON: too deep"), std::string::npos) << deep.problems;
  const Read long_text = read(std::string(kRunRecordBytesMax + 1, ' '));
  EXPECT_EQ(long_text.problems,
            "run.json: error: a run record of 192.0MiB is too long\nhint: at most 192MiB\n");
  const Read invalid = read("{\"schema_version\": \"\xff\"}");
  EXPECT_FALSE(invalid.record);
  // A million wrong items are not a million messages.
  const Read many = read(changed([](json::object& root) {
    json::array wrong;
    wrong.resize(1'000'000);
    root["lanes"] = std::move(wrong);
  }));
  EXPECT_LE(std::count(many.problems.begin(), many.problems.end(), '\n'), 25);
  EXPECT_NE(many.problems.find("more of this kind follows"), std::string::npos);
}

TEST(RunRecord, NoCutOrChangedByteIsTakenForARecordOfAnotherRun) {
  // Whatever is cut off the end, it is refused.
  const std::string text = to_json(test::full_record());
  for (std::size_t size = 0; size + 2 < text.size(); size += 37) {
    EXPECT_FALSE(read(text.substr(0, size)).record) << size;
  }
}

}  // namespace
}  // namespace esm
