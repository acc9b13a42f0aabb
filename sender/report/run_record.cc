#include "sender/report/run_record.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sender/report/json_text.h"

namespace esm {
namespace {

namespace json = boost::json;
__extension__ using Wide = unsigned __int128;

// ---- writing ----

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& text : list) out.push_back(json_text(text));
  return out;
}

json::array of(const std::vector<SourceText>& files) {
  json::array out;
  for (const SourceText& file : files) {
    out.push_back(json::object{{"name", json_text(file.name())}, {"text", json_text(file.text())}});
  }
  return out;
}

json::object of(const Books& books) {
  json::object reasons;
  for (std::size_t i = 1; i < kReasonCount; ++i) {
    reasons[name_of(static_cast<Reason>(i))] = books.by_reason[i];
  }
  return {{"due", books.due},
          {"written", books.written},
          {"cut", books.cut},
          {"refused", books.refused},
          {"dropped", books.dropped},
          {"by_reason", std::move(reasons)},
          {"stream", books.stream},
          {"drained", books.drained},
          {"acknowledged", books.acknowledged},
          {"uncertain", books.uncertain},
          {"icmp_errors", books.icmp_errors},
          {"bytes_written", books.bytes_written},
          {"connections", books.connections},
          {"reconnects", books.reconnects}};
}

json::object of(const Histogram& histogram) {
  json::object out{{"count", histogram.count()},
                   {"min_ns", histogram.min().count()},
                   {"max_ns", histogram.max().count()}};
  for (const auto& [name, percentile] : {std::pair<const char*, double>{"p50_ns", 50},
                                         {"p90_ns", 90},
                                         {"p99_ns", 99},
                                         {"p99_9_ns", 99.9}}) {
    out[name] = histogram.percentile(percentile).count();
  }
  json::array buckets;
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    buckets.push_back(json::array{bucket.value, bucket.count});
  }
  out["buckets"] = std::move(buckets);
  return out;
}

json::object of(const LaneRecord& lane) {
  json::array exceptions;
  for (const FateInterval& interval : lane.exceptions) {
    exceptions.push_back(json::object{{"first", interval.first},
                                      {"last", interval.last},
                                      {"fate", name_of(interval.fate)},
                                      {"reason", name_of(interval.reason)},
                                      {"errno", interval.error}});
  }
  return {{"worker", lane.worker},
          {"workers", lane.workers},
          {"target", lane.target},
          {"esm", lane.esm},
          {"connection", lane.connection},
          {"connections", lane.connections},
          {"due", lane.due},
          {"exceptions", std::move(exceptions)},
          {"exceptions_overflowed", lane.exceptions_overflowed}};
}

// Three decimals, from integers.
double per_second(std::uint64_t count, std::chrono::nanoseconds time) {
  if (time.count() <= 0) return 0;
  const auto ns = static_cast<std::uint64_t>(time.count());
  const auto thousandths = (Wide{count} * 1'000'000'000'000U * 2 + ns) / (Wide{ns} * 2);
  return static_cast<double>(thousandths) / 1000;
}

json::object tree(const RunRecord& record) {
  Books totals;
  json::array targets, lanes, noise;
  for (const RunRecord::NoiseTemplate& one : record.noise_templates) {
    noise.push_back(json::object{{"name", json_text(one.name)},
                                 {"text", json_text(one.text)},
                                 {"pad_to_bytes", one.pad_to}});
  }
  for (const TargetRecord& target : record.targets) {
    totals.add(target.books);
    targets.push_back(json::object{{"target", json_text(target.target)},
                                   {"framing", json_text(target.framing)},
                                   {"peer", json_text(target.peer)},
                                   {"books", of(target.books)}});
  }
  for (const LaneRecord& lane : record.lanes) lanes.push_back(of(lane));
  json::array files = of(record.files);
  return {{"schema_version", record.schema_version},
          {"program_version", json_text(record.program_version)},
          {"plan_version", record.plan_version},
          {"command_line", texts(record.command_line)},
          {"wall_start", format_rfc3339(record.wall_start)},
          {"elapsed_ns", record.elapsed.count()},
          {"closed_loop", record.closed_loop},
          {"interrupted", record.interrupted},
          {"complete", record.complete},
          {"tls_insecure", record.tls_insecure},
          {"warnings", texts(record.warnings)},
          {"messages", record.messages},
          {"plan_messages", record.plan_messages},
          {"digest", json_text(record.digest)},
          {"written_per_second", per_second(totals.written, record.elapsed)},
          {"totals", of(totals)},
          {"targets", std::move(targets)},
          {"lateness", of(record.lateness)},
          {"lanes", std::move(lanes)},
          {"seed", record.seed},
          {"epoch", format_rfc3339(record.epoch)},
          {"speed", record.speed ? format_speed(*record.speed) : "max"},
          {"shard_index", record.shard_index},
          {"shard_count", record.shard_count},
          {"pad_to_bytes", record.pad_to},
          {"scenario_name", json_text(record.scenario_name)},
          {"scenario_text", json_text(record.scenario_text)},
          {"settings", texts(record.settings)},
          {"files", std::move(files)},
          {"template_name", json_text(record.template_name)},
          {"template_text", json_text(record.template_text)},
          {"noise_templates", std::move(noise)},
          {"profiles", of(record.profiles)}};
}

bool is_scalar(const json::value& value) { return !value.is_array() && !value.is_object(); }

// An exception, a bucket or a short list stands on one line.
bool fits_on_a_line(const json::value& value) {
  constexpr std::size_t kMembersMax = 6;
  if (const json::array* array = value.if_array()) {
    return array->size() <= kMembersMax && std::all_of(array->begin(), array->end(), is_scalar);
  }
  if (const json::object* object = value.if_object()) {
    return object->size() <= kMembersMax &&
           std::all_of(object->begin(), object->end(), [](const json::key_value_pair& member) {
             return is_scalar(member.value()) &&
                    (!member.value().is_string() || member.value().get_string().size() < 40);
           });
  }
  return true;
}

void print(std::string& out, const json::value& value, std::size_t indent, bool one_line) {
  if (value.is_double()) {
    out += fmt::format("{:.3f}", value.get_double());
    return;
  }
  if (is_scalar(value)) {
    out += json::serialize(value);
    return;
  }
  one_line = one_line || fits_on_a_line(value);
  const std::size_t size = value.is_array() ? value.get_array().size() : value.get_object().size();
  const auto separate = [&](std::size_t number) {
    if (number > 0) out += one_line ? ", " : ",";
    if (!one_line) out += "\n" + std::string(indent + 2, ' ');
  };
  out += value.is_array() ? '[' : '{';
  std::size_t number = 0;
  if (const json::array* array = value.if_array()) {
    for (const json::value& item : *array) {
      separate(number++);
      print(out, item, indent + 2, one_line);
    }
  } else {
    for (const json::key_value_pair& member : value.get_object()) {
      separate(number++);
      out += '"';
      out += member.key();  // ours: nothing to escape
      out += "\": ";
      print(out, member.value(), indent + 2, one_line);
    }
  }
  if (!one_line && size > 0) out += "\n" + std::string(indent, ' ');
  out += value.is_array() ? ']' : '}';
}

// ---- reading ----

// Problems of one file; stops taking them after a while, because a file that is something else
// altogether has one in every line.
class Problems {
 public:
  Problems(const SourceText& source, Diagnostics& diagnostics)
      : file_(source.name()), diagnostics_(diagnostics) {}

  void add(std::string problem) {
    constexpr int kShownMax = 20;
    if (count_ < kShownMax) {
      diagnostics_.error({file_, 0, 0, 1}, std::move(problem),
                         count_ == 0 ? "this is no run record as --report writes it, or it was "
                                       "changed or cut"
                                     : "");
    } else if (count_ == kShownMax) {
      diagnostics_.error({file_, 0, 0, 1}, "more of this kind follows");
    }
    ++count_;
  }
  bool any() const { return count_ > 0; }
  bool enough() const { return count_ > 20; }

 private:
  std::string file_;
  Diagnostics& diagnostics_;
  int count_ = 0;
};

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a truth value";
    case json::kind::int64:
    case json::kind::uint64:
      return "a whole number";
    case json::kind::double_:
      return "a number that is not whole, or too large";
    case json::kind::string:
      return "a text";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "?";
}

// The members of one object, each read into its place or reported by its path.
class Members {
 public:
  Members(const json::value* value, std::string path, Problems& problems)
      : path_(std::move(path)), problems_(problems) {
    if (value == nullptr) return;  // reported already
    object_ = value->if_object();
    if (object_ == nullptr) {
      problems_.add(fmt::format("{}: {} where an object is needed",
                                path_.empty() ? "the file" : path_, kind_of(*value)));
    }
  }

  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
  }

  const json::value* find(std::string_view key) const {
    if (object_ == nullptr) return nullptr;
    const json::value* value = object_->if_contains(key);
    if (value == nullptr) problems_.add(path_of(key) + " is missing");
    return value;
  }

  bool has(std::string_view key) const {
    return object_ != nullptr && object_->if_contains(key) != nullptr;
  }

  void text(std::string_view key, std::string& out) const {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (const json::string* text = value->if_string()) {
      out.assign(text->data(), text->size());
    } else {
      wrong_kind(key, *value, "a text");
    }
  }

  void boolean(std::string_view key, bool& out) const {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (const bool* truth = value->if_bool()) {
      out = *truth;
    } else {
      wrong_kind(key, *value, "true or false");
    }
  }

  // From `min` to the largest value of T.
  template <typename T>
  void whole(std::string_view key, T& out, T min = 0) const {
    if (const json::value* value = find(key)) whole_value(path_of(key), *value, out, min);
  }

  template <typename T>
  void whole_value(const std::string& path, const json::value& value, T& out, T min = 0) const {
    static_assert(std::is_integral_v<T>);
    if (!value.is_int64() && !value.is_uint64()) {
      problems_.add(fmt::format("{}: {} where a whole number is needed", path, kind_of(value)));
      return;
    }
    const bool fits = value.is_uint64() ? std::in_range<T>(value.get_uint64())
                                        : std::in_range<T>(value.get_int64());
    const T read = !fits               ? T{}
                   : value.is_uint64() ? static_cast<T>(value.get_uint64())
                                       : static_cast<T>(value.get_int64());
    if (!fits || read < min) {
      const std::string shown = json::serialize(value);
      problems_.add(fmt::format("{}: {} is out of range, {} to {} are possible", path, shown, min,
                                std::numeric_limits<T>::max()));
      return;
    }
    out = read;
  }

  void duration(std::string_view key, std::chrono::nanoseconds& out) const {
    std::int64_t ns = out.count();
    whole(key, ns);
    out = std::chrono::nanoseconds{ns};
  }

  void moment(std::string_view key, UtcTime& out) const {
    const json::value* value = find(key);
    if (value == nullptr) return;
    const json::string* text = value->if_string();
    if (text == nullptr) {
      wrong_kind(key, *value, "a time");
      return;
    }
    if (const auto parsed = parse_rfc3339({text->data(), text->size()})) {
      out = *parsed;
    } else {
      problems_.add(fmt::format("{}: '{}' is not a time as in RFC 3339", path_of(key),
                                std::string_view(text->data(), text->size())));
    }
  }

  // Each item with its path; stops when there are problems enough.
  template <typename Function>
  void list(std::string_view key, Function function) const {
    const json::value* value = find(key);
    if (value == nullptr) return;
    const json::array* array = value->if_array();
    if (array == nullptr) {
      wrong_kind(key, *value, "a list");
      return;
    }
    for (std::size_t i = 0; i < array->size() && !problems_.enough(); ++i) {
      function((*array)[i], fmt::format("{}[{}]", path_of(key), i));
    }
  }

  void texts(std::string_view key, std::vector<std::string>& out) const {
    list(key, [&](const json::value& item, const std::string& path) {
      if (const json::string* text = item.if_string()) {
        out.emplace_back(text->data(), text->size());
      } else {
        problems_.add(fmt::format("{}: {} where a text is needed", path, kind_of(item)));
      }
    });
  }

  Members object(std::string_view key) const { return {find(key), path_of(key), problems_}; }

  void problem(std::string_view key, std::string_view what) const {
    problems_.add(fmt::format("{} {}", path_of(key), what));
  }

 private:
  void wrong_kind(std::string_view key, const json::value& value, std::string_view needed) const {
    problems_.add(fmt::format("{}: {} where {} is needed", path_of(key), kind_of(value), needed));
  }

  const json::object* object_ = nullptr;
  std::string path_;
  Problems& problems_;
};

template <typename Enum>
std::optional<Enum> named(std::string_view name, int count) {
  for (int i = 0; i < count; ++i) {
    if (name_of(static_cast<Enum>(i)) == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

void read_books(const Members& members, Books& books, Problems& problems) {
  members.whole("due", books.due);
  members.whole("written", books.written);
  members.whole("cut", books.cut);
  members.whole("refused", books.refused);
  members.whole("dropped", books.dropped);
  const Members reasons = members.object("by_reason");
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
  if (!problems.any() && !books.balanced(true)) {
    problems.add(fmt::format(
        "{}: the books do not add up: {} due, {} written, {} refused, {} dropped",
        members.path_of("due"), books.due, books.written, books.refused, books.dropped));
  }
}

void read_lateness(const Members& members, Histogram& histogram, Problems& problems) {
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

void read_interval(const Members& members, FateInterval& interval, Problems& problems) {
  members.whole("first", interval.first);
  members.whole("last", interval.last);
  members.whole("errno", interval.error);
  std::string fate_name, reason_name;
  members.text("fate", fate_name);
  members.text("reason", reason_name);
  const auto fate = named<Fate>(fate_name, 4);
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

void read_lane(const Members& members, LaneRecord& lane, std::size_t targets, Problems& problems) {
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
    const Members one(&item, path, problems);
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
}

// The lanes among themselves, and with the books of their targets.
void check_lanes(const RunRecord& record, Problems& problems) {
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
    if (lane.exceptions_overflowed) sum.stream = true;  // the counts below are then not all there
    for (const FateInterval& interval : lane.exceptions) {
      const std::uint64_t count = interval.last - interval.first + 1;
      if (interval.fate == Fate::kRefused) sum.refused += count;
      if (interval.fate == Fate::kDropped) sum.dropped += count;
    }
  }
  for (std::size_t t = 0; t < sums.size() && !problems.any(); ++t) {
    const Books& books = record.targets[t].books;
    const bool overflowed = sums[t].stream;
    const auto differ = [&](std::string_view what, std::uint64_t booked, std::uint64_t summed) {
      const bool fine = overflowed && what != "due" ? summed <= booked : summed == booked;
      if (!fine) {
        problems.add(fmt::format("targets[{}].books.{} is {}, the lanes of this target say {}", t,
                                 what, booked, summed));
      }
    };
    differ("due", books.due, sums[t].due);
    differ("refused", books.refused, sums[t].refused);
    differ("dropped", books.dropped, sums[t].dropped);
  }
}

bool is_digest(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void read_members(const Members& members, RunRecord& record, Problems& problems) {
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
  members.text("digest", record.digest);
  if (!problems.any() && !is_digest(record.digest)) {
    members.problem("digest",
                    fmt::format("is '{}': 32 hexadecimal digits are needed", record.digest));
  }
  members.list("targets", [&](const json::value& item, const std::string& path) {
    TargetRecord target;
    const Members one(&item, path, problems);
    one.text("target", target.target);
    one.text("framing", target.framing);
    one.text("peer", target.peer);
    read_books(one.object("books"), target.books, problems);
    record.targets.push_back(std::move(target));
  });
  read_lateness(members.object("lateness"), record.lateness, problems);
  members.list("lanes", [&](const json::value& item, const std::string& path) {
    LaneRecord lane;
    read_lane(Members(&item, path, problems), lane, record.targets.size(), problems);
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
    const Members one(&item, path, problems);
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
      const Members one(&item, path, problems);
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

std::string to_json(const RunRecord& record) {
  std::string out;
  print(out, tree(record), 0, false);
  out += '\n';
  return out;
}

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

  Problems problems(source, diagnostics);
  const Members members(&root, "", problems);
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
