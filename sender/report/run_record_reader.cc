// read_run_record(): a run record's JSON, checked against itself.
#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sender/report/json_members.h"
#include "sender/report/run_record.h"

namespace esm {
namespace {

namespace json = boost::json;

template <typename Enum>
std::optional<Enum> named(std::string_view name, int count) {
  for (int i = 0; i < count; ++i) {
    if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

void read_books(const JsonMembers& members, Books& books, RecordProblems& problems) {
  members.whole("due", books.due);
  members.whole("written", books.written);
  members.whole("cut", books.cut);
  members.whole("refused", books.refused);
  members.whole("dropped", books.dropped);
  const JsonMembers reasons = members.object("by_reason");
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    reasons.whole(name_of(static_cast<Reason>(i)), books.by_reason[i]);
  }
  members.boolean("stream", books.stream);
  members.whole("drained", books.drained);
  members.whole("acknowledged", books.acknowledged);
  members.whole("uncertain", books.uncertain);
  members.whole("icmp_errors", books.icmp_errors);
  members.whole("bytes_written", books.bytes_written);
  members.whole("connections", books.connections);
  members.whole("reconnects", books.reconnects);
  // Records of before there was resending have no such member.
  if (members.has("resent")) members.whole("resent", books.resent);
  if (!problems.any() && !books.balanced(true)) {
    problems.add(fmt::format(
        "{}: the books do not add up: {} due, {} written, {} refused, {} dropped",
        members.path_of("due"), books.due, books.written, books.refused, books.dropped));
  }
}

void read_lateness(const JsonMembers& members, Histogram& histogram, RecordProblems& problems) {
  std::uint64_t count = 0;
  std::chrono::nanoseconds min{}, max{};
  std::vector<Histogram::Bucket> buckets;
  members.whole("count", count);
  members.duration("min_ns", min);
  members.duration("max_ns", max);
  members.list("buckets", [&](const json::value& item, const std::string& path) {
    const json::array* pair = item.if_array();
    if (pair == nullptr || pair->size() != 2) {
      problems.add(path + ": a list of value in ns and count is needed");
      return;
    }
    Histogram::Bucket bucket{};
    members.whole_value(path + "[0]", (*pair)[0], bucket.value);
    members.whole_value(path + "[1]", (*pair)[1], bucket.count);
    buckets.push_back(bucket);
  });
  if (problems.any()) return;
  std::optional<Histogram> read = Histogram::from_buckets(buckets, min, max);
  if (!read || read->count() != count) {
    members.problem("buckets", "do not fit count, min_ns and max_ns, or are no buckets of ours");
  } else {
    histogram = std::move(*read);
  }
}

void read_interval(const JsonMembers& members, FateInterval& interval, RecordProblems& problems) {
  members.whole("first", interval.first);
  members.whole("last", interval.last);
  members.whole("errno", interval.error);
  std::string fate_name, reason_name;
  members.text("fate", fate_name);
  members.text("reason", reason_name);
  const auto fate = named<Fate>(fate_name, kFateCount);
  const auto reason = named<Reason>(reason_name, static_cast<int>(kReasonCount));
  if (problems.any()) return;
  if (!fate) {
    members.problem("fate", fmt::format("is '{}', which is not known", fate_name));
  } else if (!reason) {
    members.problem("reason", fmt::format("is '{}', which is not known", reason_name));
  } else {
    interval.fate = *fate;
    interval.reason = *reason;
    const bool lost = *fate == Fate::kRefused || *fate == Fate::kDropped;
    if (lost != (*reason != Reason::kNone)) {
      members.problem("reason",
                      fmt::format("is '{}', which does not go with '{}'", reason_name, fate_name));
    }
  }
}

// A list that may be missing.
void read_messages(const JsonMembers& members, std::string_view name, std::uint64_t due,
                   std::vector<MessageInterval>& out, RecordProblems& problems) {
  if (!members.has(name)) return;
  members.list(name, [&](const json::value& item, const std::string& path) {
    MessageInterval interval;
    const JsonMembers one(&item, path, problems);
    one.whole("first", interval.first);
    one.whole("last", interval.last);
    if (problems.any()) return;
    if (interval.last < interval.first) {
      one.problem("last", "is below first");
    } else if (interval.last >= due) {
      one.problem("last", "is not below the lane's due");
    } else if (!out.empty() && interval.first <= out.back().last) {
      one.problem("first", "is not behind the interval before");
    }
    out.push_back(interval);
  });
}

void read_lane(const JsonMembers& members, LaneRecord& lane, std::size_t targets,
               RecordProblems& problems) {
  members.whole("worker", lane.worker);
  members.whole("workers", lane.workers, 1U);
  members.whole("target", lane.target);
  members.whole("esm", lane.esm);
  members.whole("connection", lane.connection);
  members.whole("connections", lane.connections, 1U);
  members.whole("due", lane.due);
  members.boolean("exceptions_overflowed", lane.exceptions_overflowed);
  if (!problems.any()) {
    if (lane.worker >= lane.workers) members.problem("worker", "is not below workers");
    if (lane.target >= targets) members.problem("target", "names none of the targets");
    if (lane.connection >= lane.connections) {
      members.problem("connection", "is not below connections");
    }
  }
  members.list("exceptions", [&](const json::value& item, const std::string& path) {
    FateInterval interval;
    const JsonMembers one(&item, path, problems);
    read_interval(one, interval, problems);
    if (problems.any()) return;
    if (interval.last < interval.first) {
      one.problem("last", "is below first");
    } else if (interval.last >= lane.due) {
      one.problem("last", "is not below the lane's due");
    } else if (!lane.exceptions.empty() && interval.first <= lane.exceptions.back().last) {
      one.problem("first", "is not behind the interval before");
    }
    lane.exceptions.push_back(interval);
  });
  // Records of before acknowledgements were known, or there was resending, have no such list.
  read_messages(members, "acknowledged", lane.due, lane.acknowledged, problems);
  read_messages(members, "resent", lane.due, lane.resent, problems);
}

// The lanes among themselves, and with the books of their targets.
void check_lanes(const RunRecord& record, RecordProblems& problems) {
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>> seen;
  std::vector<Books> sums(record.targets.size());
  std::vector<std::optional<std::uint32_t>> connections(record.targets.size());
  for (std::size_t i = 0; i < record.lanes.size() && !problems.enough(); ++i) {
    const LaneRecord& lane = record.lanes[i];
    if (!seen.insert({lane.worker, lane.target, lane.esm, lane.connection}).second) {
      problems.add(
          fmt::format("lanes[{}]: another lane has the same worker, target, esm and "
                      "connection",
                      i));
    }
    if (lane.workers != record.lanes.front().workers) {
      problems.add(fmt::format("lanes[{}].workers differs from the first lane's", i));
    }
    std::optional<std::uint32_t>& here = connections[lane.target];
    if (here.value_or(lane.connections) != lane.connections) {
      problems.add(
          fmt::format("lanes[{}].connections differs from another lane's to this target", i));
    }
    here = lane.connections;
    Books& sum = sums[lane.target];
    if (lane.due > UINT64_MAX - sum.due) {
      problems.add(fmt::format("lanes[{}].due: the lanes' sum is out of range", i));
      return;
    }
    sum.due += lane.due;
    const bool parted = record.distribution == Distribution::kFailOver;
    if (lane.exceptions_overflowed) sum.stream = true;  // the counts below are then not all there
    for (const FateInterval& interval : lane.exceptions) {
      const std::uint64_t count = interval.last - interval.first + 1;
      if (interval.fate == Fate::kElsewhere) {
        sum.due -= count;
        if (!parted) {
          problems.add(
              fmt::format("lanes[{}]: messages are elsewhere, though the distribution is {}", i,
                          name_of(record.distribution)));
          return;
        }
      }
      if (interval.fate == Fate::kRefused) sum.refused += count;
      if (interval.fate == Fate::kDropped) sum.dropped += count;
      if (interval.fate == Fate::kWritten || interval.fate == Fate::kCut) sum.uncertain += count;
    }
  }
  for (std::size_t t = 0; t < sums.size() && !problems.any(); ++t) {
    const Books& books = record.targets[t].books;
    const bool overflowed = sums[t].stream;
    const auto differ = [&](std::string_view what, std::uint64_t booked, std::uint64_t summed) {
      const bool parted = record.distribution == Distribution::kFailOver;
      const bool fine = overflowed && what != "due"             ? summed <= booked
                        : overflowed && parted && what == "due" ? summed >= booked
                                                                : summed == booked;
      if (!fine) {
        problems.add(fmt::format("targets[{}].books.{} is {}, the lanes of this target say {}", t,
                                 what, booked, summed));
      }
    };
    differ("due", books.due, sums[t].due);
    differ("refused", books.refused, sums[t].refused);
    differ("dropped", books.dropped, sums[t].dropped);
    if (books.stream) differ("uncertain", books.uncertain, sums[t].uncertain);
  }
}

bool is_digest(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void read_members(const JsonMembers& members, RunRecord& record, RecordProblems& problems) {
  members.text("program_version", record.program_version);
  members.whole("plan_version", record.plan_version);
  members.texts("command_line", record.command_line);
  members.moment("wall_start", record.wall_start);
  members.duration("elapsed_ns", record.elapsed);
  members.boolean("closed_loop", record.closed_loop);
  members.boolean("interrupted", record.interrupted);
  members.boolean("complete", record.complete);
  members.boolean("tls_insecure", record.tls_insecure);
  members.texts("warnings", record.warnings);
  members.whole("messages", record.messages);
  members.whole("plan_messages", record.plan_messages);
  // Records of before there were faults have no such list.
  if (members.has("faults")) {
    members.list("faults", [&](const json::value& item, const std::string& path) {
      RunRecord::FaultCount fault;
      const JsonMembers one(&item, path, problems);
      one.text("fault", fault.fault);
      one.whole("messages", fault.messages);
      record.faults.push_back(std::move(fault));
    });
  }
  members.text("digest", record.digest);
  if (!problems.any() && !is_digest(record.digest)) {
    members.problem("digest",
                    fmt::format("is '{}': 32 hexadecimal digits are needed", record.digest));
  }
  // Records of before there was a choice say nothing of it.
  if (members.has("distribution")) {
    std::string name;
    members.text("distribution", name);
    const auto distribution = distribution_named(name);
    if (!problems.any() && !distribution) {
      members.problem("distribution", fmt::format("is '{}', which is not known", name));
    }
    record.distribution = distribution.value_or(Distribution::kAll);
  }
  members.list("targets", [&](const json::value& item, const std::string& path) {
    TargetRecord target;
    const JsonMembers one(&item, path, problems);
    one.text("target", target.target);
    one.text("framing", target.framing);
    if (one.has("weight")) {
      one.whole("weight", target.weight, 1U);
      if (!problems.any() && target.weight > kWeightMax) {
        one.problem("weight",
                    fmt::format("is {}: at most {} is possible", target.weight, kWeightMax));
      }
    }
    if (one.has("order")) {
      std::string order;
      one.text("order", order);
      target.order_relaxed = order == "relaxed";
      if (!problems.any() && order != "kept" && !target.order_relaxed) {
        one.problem("order", fmt::format("is '{}': kept or relaxed is needed", order));
      }
    }
    one.text("peer", target.peer);
    if (one.has("certificate")) one.text("certificate", target.certificate);
    read_books(one.object("books"), target.books, problems);
    record.targets.push_back(std::move(target));
  });
  read_lateness(members.object("lateness"), record.lateness, problems);
  members.list("lanes", [&](const json::value& item, const std::string& path) {
    LaneRecord lane;
    read_lane(JsonMembers(&item, path, problems), lane, record.targets.size(), problems);
    record.lanes.push_back(std::move(lane));
  });
  members.whole("seed", record.seed);
  members.moment("epoch", record.epoch);
  std::string speed;
  members.text("speed", speed);
  if (!problems.any() && speed != "max") {
    const Parsed<Speed> parsed = parse_speed(speed);
    if (parsed) {
      record.speed = *parsed;
    } else {
      members.problem("speed", fmt::format("is '{}': a speed or 'max' is needed", speed));
    }
  }
  members.whole("shard_index", record.shard_index);
  members.whole("shard_count", record.shard_count, 1U);
  if (!problems.any() && record.shard_index >= record.shard_count) {
    members.problem("shard_index", "is not below shard_count");
  }
  members.whole("pad_to_bytes", record.pad_to);
  members.text("scenario_name", record.scenario_name);
  members.text("scenario_text", record.scenario_text);
  members.texts("settings", record.settings);
  const auto read_file = [&](const json::value& item, const std::string& path,
                             std::vector<SourceText>& out) {
    const JsonMembers one(&item, path, problems);
    std::string name, text;
    one.text("name", name);
    one.text("text", text);
    out.emplace_back(std::move(name), std::move(text));
  };
  members.list("files", [&](const json::value& item, const std::string& path) {
    read_file(item, path, record.files);
  });
  members.text("template_name", record.template_name);
  members.text("template_text", record.template_text);
  // Records of before there was noise have no such list.
  if (members.has("noise_templates")) {
    members.list("noise_templates", [&](const json::value& item, const std::string& path) {
      RunRecord::NoiseTemplate noise;
      const JsonMembers one(&item, path, problems);
      one.text("name", noise.name);
      one.text("text", noise.text);
      one.whole("pad_to_bytes", noise.pad_to);
      record.noise_templates.push_back(std::move(noise));
    });
  }
  // Records of before a receiver could have several profiles name one.
  if (members.has("profile_name") && !members.has("profiles")) {
    std::string name, text;
    members.text("profile_name", name);
    members.text("profile_text", text);
    record.profiles.emplace_back(std::move(name), std::move(text));
  } else {
    members.list("profiles", [&](const json::value& item, const std::string& path) {
      read_file(item, path, record.profiles);
    });
    if (record.profiles.empty() && !problems.any()) problems.add("profiles: there is none");
  }
  if (!problems.any()) check_lanes(record, problems);
}

}  // namespace

std::optional<RunRecord> read_run_record(const SourceText& source, Diagnostics& diagnostics) {
  const std::string& text = source.text();
  if (text.size() > kRunRecordBytesMax) {
    diagnostics.error({source.name(), 0, 0, 1},
                      fmt::format("a run record of {} is too long", format_size(text.size())),
                      fmt::format("at most {}", format_size(kRunRecordBytesMax)));
    return std::nullopt;
  }
  json::parse_options options;
  options.max_depth = 16;  // ours are 5 deep
  json::monotonic_resource memory;
  json::parser parser(json::storage_ptr(), options);
  parser.reset(&memory);
  boost::system::error_code error;
  const std::size_t consumed = parser.write_some(text, error);
  if (!error && text.find_first_not_of(" \t\r\n", consumed) != std::string::npos) {
    error = json::error::extra_data;
  }
  if (error) {
    diagnostics.add_source(source);
    const bool ended = error == json::error::incomplete;
    diagnostics.error(
        source.place(ended ? text.size() : consumed),
        fmt::format("this is not JSON: {}", ended ? "it ends too early" : error.message()),
        "a run record is written by --report FILE.json");
    return std::nullopt;
  }
  const json::value root = parser.release();

  RecordProblems problems(source, diagnostics);
  const JsonMembers members(&root, "", problems);
  RunRecord record;
  members.whole("schema_version", record.schema_version);
  if (problems.any()) return std::nullopt;
  if (record.schema_version != kRunRecordSchemaVersion) {
    const json::value* wrote = root.get_object().if_contains("program_version");
    const json::string* version = wrote == nullptr ? nullptr : wrote->if_string();
    diagnostics.error({source.name(), 0, 0, 1},
                      fmt::format("schema_version {} is not known to this program, which reads {}",
                                  record.schema_version, kRunRecordSchemaVersion),
                      version == nullptr
                          ? "use the esm-sender that wrote it"
                          : fmt::format("use esm-sender {}, which wrote it",
                                        std::string_view(version->data(), version->size())));
    return std::nullopt;
  }
  read_members(members, record, problems);
  if (problems.any()) return std::nullopt;
  return record;
}

}  // namespace esm
