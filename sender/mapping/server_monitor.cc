#include "sender/mapping/server_monitor.h"

#include <array>
#include <charconv>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sender/mapping/console_line.h"
#include "sender/mapping/table_rows.h"

namespace esm {
namespace {

struct Counter {
  std::string_view name;
  std::uint64_t MonitorCounters::*value;
  bool needed;
};
constexpr std::array<Counter, 4> kCounters{
    {{"number of log messages", &MonitorCounters::log_messages, true},
     {"number of auth. success messages", &MonitorCounters::auth_success, true},
     {"number of active connections", &MonitorCounters::active_connections, false},
     {"total connections made", &MonitorCounters::total_connections, false}}};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "… Host: ESM(10.0.1.20)" -> name and address.
std::optional<MonitorCounters> sender_of(std::string_view line) {
  const std::vector<ConsoleWord> words = split_words(line);
  if (words.empty() || !same_word(words[0].text, "proxy:")) return std::nullopt;
  for (const ConsoleWord& word : words) {
    if (!same_word(word.text, "host:")) continue;
    const std::string_view rest = trimmed(line.substr(word.at + word.text.size()));
    const std::size_t open = rest.rfind('(');
    if (open == std::string_view::npos || !rest.ends_with(')')) return std::nullopt;
    MonitorCounters sender;
    sender.name = rest.substr(0, open);
    sender.address = rest.substr(open + 1, rest.size() - open - 2);
    return sender;
  }
  return std::nullopt;
}

class MonitorText {
 public:
  MonitorText(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  void read_line(std::string_view raw, int number) {
    const ConsoleLine line = visible(raw);
    if (auto sender = sender_of(line.text)) {
      end_sender();
      senders_.push_back(std::move(*sender));
      seen_ = {};
      place_ = {source_.name(), number, 0, 1};
      open_ = true;
      return;
    }
    const std::size_t colon = line.text.find(':');
    if (colon == std::string::npos || !open_) return;
    const std::string_view name = trimmed(std::string_view(line.text).substr(0, colon));
    for (std::size_t i = 0; i < kCounters.size(); ++i) {
      if (!same_word(name, kCounters[i].name)) continue;
      read_value(i, line, colon, number);
      return;
    }
  }

  std::vector<MonitorCounters> finish() {
    end_sender();
    if (senders_.empty()) {
      diagnostics_.error({source_.name(), 0, 0, 1},
                         "there is no syslog sender in it: no line 'Proxy: … Host: NAME(ADDRESS)'",
                         "save what `show user server-monitor state all` prints");
    }
    return std::move(senders_);
  }

 private:
  void read_value(std::size_t counter, const ConsoleLine& line, std::size_t colon, int number) {
    const std::string_view text = trimmed(std::string_view(line.text).substr(colon + 1));
    const Place place{
        source_.name(), number,
        line.exact && !text.empty() ? static_cast<int>(text.data() - line.text.data()) + 1 : 0,
        static_cast<int>(text.size())};
    std::uint64_t& value = senders_.back().*kCounters[counter].value;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
      diagnostics_.error(place, fmt::format("'{}' is no number of {}", text,
                                            kCounters[counter].name.substr(counter == 3 ? 0 : 10)));
    } else if (seen_[counter]) {
      diagnostics_.error(place,
                         fmt::format("'{}' stands here twice for {}({})", kCounters[counter].name,
                                     senders_.back().name, senders_.back().address),
                         "a line 'Proxy: … Host: NAME(ADDRESS)' may be missing");
    }
    seen_[counter] = true;
  }

  void end_sender() {
    if (!std::exchange(open_, false)) return;
    const MonitorCounters& sender = senders_.back();
    for (std::size_t i = 0; i < kCounters.size(); ++i) {
      if (seen_[i] || !kCounters[i].needed) continue;
      diagnostics_.error(place_, fmt::format("{}({}) has no '{}': the text is cut", sender.name,
                                             sender.address, kCounters[i].name));
    }
    if (sender.auth_success > sender.log_messages && seen_[0] && seen_[1]) {
      diagnostics_.error(
          place_, fmt::format("{}({}) has more successes than log messages: {} of {}", sender.name,
                              sender.address, sender.auth_success, sender.log_messages));
    }
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  std::vector<MonitorCounters> senders_;
  std::array<bool, kCounters.size()> seen_{};
  Place place_;  // of the last sender
  bool open_ = false;
};

}  // namespace

std::string panos_server_monitor(std::span<const MonitorCounters> senders, bool udp, bool ssl) {
  const auto state = [](bool on) { return on ? "enabled" : "disabled"; };
  std::string out =
      fmt::format("UDP Syslog Listener Service is {}\nSSL Syslog Listener Service is {}\n",
                  state(udp), state(ssl));
  for (const MonitorCounters& sender : senders) {
    fmt::format_to(std::back_inserter(out), "Proxy: {}(vsys: vsys1) Host: {}({})\n", sender.name,
                   sender.name, sender.address);
    for (const Counter& counter : kCounters) {
      fmt::format_to(std::back_inserter(out), "{} : {}\n", counter.name, sender.*counter.value);
    }
  }
  return out;
}

std::vector<MonitorCounters> read_server_monitor(const SourceText& source,
                                                 Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  MonitorText monitor(source, diagnostics);
  for_each_console_line(
      source.text(), [&](std::string_view line, int number) { monitor.read_line(line, number); });
  return monitor.finish();
}

}  // namespace esm
