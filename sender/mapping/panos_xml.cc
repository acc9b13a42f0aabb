#include "sender/mapping/panos_xml.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "sender/base/text_check.h"
#include "sender/base/xml_text.h"
#include "sender/mapping/panos_text.h"

namespace esm {
namespace {

constexpr const char* kHint =
    "save the API's whole answer to show user ip-user-mapping all: "
    "<response status=\"success\"><result>…";

class Answer {
 public:
  Answer(const SourceText& source, std::size_t skipped, TableRows& rows, Diagnostics& diagnostics)
      : source_(source), skipped_(skipped), rows_(rows), diagnostics_(diagnostics) {}

  void read(const pugi::xml_document& document) {
    const pugi::xml_node root = document.document_element();
    const std::string_view name = root.name();
    if (name == "result") {
      read_result(root);
      return;
    }
    if (name != "response") {
      error(root, fmt::format("<{}> is no answer of the firewall's API", name), kHint);
      return;
    }
    for (pugi::xml_node other = root.next_sibling(); other; other = other.next_sibling()) {
      if (std::string_view(other.name()) != "response") continue;
      error(other, "a second answer begins here", "compare one table of one moment at a time");
      return;
    }
    const std::string_view status = root.attribute("status").value();
    if (status != "success") {
      error(root, fmt::format("the firewall answered '{}': {}", status, words_of(root)),
            "an API key that is valid and may read operational data is needed");
      return;
    }
    const pugi::xml_node result = root.child("result");
    if (!result) {
      error(root, "the answer has no <result>", kHint);
      return;
    }
    read_result(result);
  }

 private:
  void read_result(const pugi::xml_node& result) {
    const std::size_t before = rows_.seen();
    std::optional<std::uint64_t> total;
    pugi::xml_node total_at;
    for (const pugi::xml_node& child : result.children()) {
      const std::string_view name = child.name();
      if (name == "entry") {
        read_entry(child);
      } else if (name == "count" || name == "total") {
        total = number(child);
        total_at = child;
      } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        read_console(child);
        return;
      } else {
        error(child, fmt::format("<{}> is no entry of a mapping table", name), kHint);
      }
    }
    if (total && *total != rows_.seen() - before) {
      diagnostics_.warning(place(total_at),
                           fmt::format("the count says {}, but {} entries were read", *total,
                                       rows_.seen() - before));
    }
  }

  void read_entry(const pugi::xml_node& entry) {
    const pugi::xml_node ip = entry.child("ip");
    const std::string_view address = ip.text().get();
    TableRow row;
    row.place = place(ip ? ip : entry);
    row.place.length = 1;
    const std::optional<IpAddress> parsed = IpAddress::parse(address);
    if (!ip) {
      error(entry, "this entry has no <ip>", kHint);
      return;
    }
    if (!parsed) {
      error(ip, fmt::format("'{}' is no address", address), kHint);
      return;
    }
    row.address = *parsed;
    row.user = entry.child("user").text().get();
    row.vsys = entry.child("vsys").text().get();
    const pugi::xml_node type = entry.child("type");
    row.from = (type ? type : entry.child("from")).text().get();
    if (row.user.empty()) {
      error(entry, fmt::format("the entry of {} has no <user>", address), kHint);
      return;
    }
    row.idle_seconds = seconds(entry.child("idle_timeout"));
    row.maximum_seconds = seconds(entry.child("timeout"));
    rows_.add(std::move(row));
  }

  // "413"; "Never" and 0 fractions are none.
  std::optional<std::int64_t> seconds(const pugi::xml_node& node) {
    const std::string_view text = node.text().get();
    if (text.empty() || same_word(text, "never")) return std::nullopt;
    const std::optional<std::uint64_t> value = number(node);
    if (!value || *value > INT64_MAX) {
      error(node, fmt::format("<{}>: '{}' is no number of seconds", node.name(), text), {});
      return std::nullopt;
    }
    return static_cast<std::int64_t>(*value);
  }

  static std::optional<std::uint64_t> number(const pugi::xml_node& node) {
    const std::string_view text = node.text().get();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
      return std::nullopt;
    }
    return value;
  }

  // Its lines keep the numbers they have in the file.
  void read_console(const pugi::xml_node& text) {
    const int line = std::max(place(text).line, 1);
    const SourceText inner(source_.name(),
                           std::string(static_cast<std::size_t>(line) - 1, '\n') + text.value());
    read_panos_table(inner, rows_, diagnostics_);
  }

  // What the answer says went wrong.
  static std::string words_of(const pugi::xml_node& root) {
    for (const char* const path : {"result/msg", "msg/line", "msg"}) {
      const std::string_view words = root.first_element_by_path(path).text().get();
      if (!words.empty()) return std::string(words);
    }
    return "it does not say why";
  }

  Place place(const pugi::xml_node& node) const {
    const std::ptrdiff_t offset = node.offset_debug();
    if (offset < 0) return {source_.name(), 0, 0, 1};
    return source_.place(static_cast<std::size_t>(offset) + skipped_);
  }
  void error(const pugi::xml_node& node, std::string problem, std::string hint) {
    diagnostics_.error(place(node), std::move(problem), std::move(hint));
  }

  const SourceText& source_;
  std::size_t skipped_;  // bytes of the source before what pugixml sees
  TableRows& rows_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::string panos_mapping_xml(std::span<const Mapping> mappings, SimTime now) {
  if (mappings.empty()) return "<response status=\"success\"><result/></response>\n";
  std::string out = "<response status=\"success\"><result>";
  for (const Mapping& mapping : mappings) {
    const SecondsLeft left = seconds_left(mapping, now);
    fmt::format_to(std::back_inserter(out),
                   "<entry><ip>{}</ip><vsys>vsys1</vsys><type>SYSLOG</type><user>{}</user>"
                   "<idle_timeout>{}</idle_timeout><timeout>{}</timeout></entry>",
                   mapping.address.to_string(), xml_text(mapping.user), left.idle, left.maximum);
  }
  return out + "</result></response>\n";
}

void read_panos_xml(const SourceText& source, TableRows& rows, Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  const std::string& text = source.text();
  const std::size_t skipped = byte_order_mark(text);
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(
      text.data() + skipped, text.size() - skipped, pugi::parse_default, pugi::encoding_utf8);
  if (!result) {
    std::string what = result.description();
    if (!what.empty() && what.front() >= 'A' && what.front() <= 'Z') what.front() += 32;
    diagnostics.error(source.place(skipped + static_cast<std::size_t>(result.offset)),
                      fmt::format("this is not whole XML: {}", what), kHint);
    return;
  }
  Answer(source, skipped, rows, diagnostics).read(document);
}

}  // namespace esm
