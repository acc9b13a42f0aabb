#include "sender/report/run_record.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sender/report/json_text.h"

namespace esm {
namespace {

namespace json = boost::json;
__extension__ using Wide = unsigned __int128;

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
          {"reconnects", books.reconnects},
          {"resent", books.resent}};
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

json::array of(const std::vector<MessageInterval>& intervals) {
  json::array out;
  for (const MessageInterval& interval : intervals) {
    out.push_back(json::object{{"first", interval.first}, {"last", interval.last}});
  }
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
          {"exceptions_overflowed", lane.exceptions_overflowed},
          {"acknowledged", of(lane.acknowledged)},
          {"resent", of(lane.resent)}};
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
  json::array targets, lanes, noise, faults;
  for (const RunRecord::FaultCount& one : record.faults) {
    faults.push_back(json::object{{"fault", json_text(one.fault)}, {"messages", one.messages}});
  }
  for (const RunRecord::NoiseTemplate& one : record.noise_templates) {
    noise.push_back(json::object{{"name", json_text(one.name)},
                                 {"text", json_text(one.text)},
                                 {"pad_to_bytes", one.pad_to}});
  }
  for (const TargetRecord& target : record.targets) {
    totals.add(target.books);
    targets.push_back(json::object{{"target", json_text(target.target)},
                                   {"framing", json_text(target.framing)},
                                   {"weight", target.weight},
                                   {"order", target.order_relaxed ? "relaxed" : "kept"},
                                   {"peer", json_text(target.peer)},
                                   {"certificate", json_text(target.certificate)},
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
          {"faults", std::move(faults)},
          {"digest", json_text(record.digest)},
          {"written_per_second", per_second(totals.written, record.elapsed)},
          {"totals", of(totals)},
          {"distribution", name_of(record.distribution)},
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

}  // namespace

std::string to_json(const RunRecord& record) {
  std::string out;
  print(out, tree(record), 0, false);
  out += '\n';
  return out;
}

}  // namespace esm
