// A template (the text up to a line "---") and what a scenario may put into it, in pieces between
// bytes 0xFE: whatever they are, a message is one frame that is valid for its format.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sender/message/framing.h"
#include "sender/message/renderer.h"

#include "tests/support/message_rules.h"

namespace {

[[noreturn]] void fail(const std::string& what, std::string_view line) {
  std::fprintf(stderr, "%s: '%.*s'\n", what.c_str(), static_cast<int>(line.size()), line.data());
  std::abort();
}

// The pieces in turn; empty ones where there are no more.
class Values {
 public:
  explicit Values(std::string_view rest) : rest_(rest) {}

  std::string next() {
    const std::string_view piece = rest_.substr(0, rest_.find('\xFE'));
    rest_.remove_prefix(std::min(piece.size() + 1, rest_.size()));
    return std::string(piece);
  }

 private:
  std::string_view rest_;
};

esm::Plan plan_of(Values values) {
  esm::Scenario scenario;
  scenario.length = std::chrono::hours{24};
  esm::EsmServer server;
  server.name = values.next();
  server.version = values.next();
  server.address = *esm::IpAddress::parse("172.16.183.173");
  scenario.esms.push_back(server);
  esm::UserGroup users;
  users.key = "users";
  users.name = {values.next(), values.next(), true, 3};
  users.count = 20;
  users.domains = {{values.next(), 500'000}, {values.next(), 500'000}};
  const std::string choices = values.next();
  const auto choice = [&](std::size_t i) {
    return i < choices.size() ? static_cast<unsigned char>(choices[i]) : 0;
  };
  users.form = static_cast<esm::UserForm>(choice(0) % 3);
  if (choice(1) % 2 == 1) {
    auto people = std::make_shared<esm::People>();
    const auto none = people->add_domain(""), some = people->add_domain(values.next());
    // Whose name is already there, "1" and 2 as "" and 12, is nobody new: the number goes on.
    for (unsigned number = 0; people->size() < users.count; ++number) {
      people->add(values.next() + std::to_string(number), number % 2 == 0 ? *none : *some);
    }
    users.people = std::move(people);
  }
  scenario.users.push_back(std::move(users));
  esm::EndpointGroup endpoints;
  endpoints.key = "endpoints";
  endpoints.count = 20;
  endpoints.host = {values.next(), values.next(), choice(2) % 2 == 0, 2};
  endpoints.pool = {*esm::IpNetwork::parse(choice(3) % 2 == 0 ? "10.0.0.0/24" : "2001:db8::/64")};
  endpoints.idle = static_cast<esm::IdleBeat>(choice(4) % 4);
  endpoints.os = {{values.next(), 500'000}, {values.next(), 500'000}};
  if (choice(5) % 2 == 1) endpoints.versions = {{values.next(), 1'000'000}};
  scenario.endpoints.push_back(std::move(endpoints));
  return esm::Plan(std::move(scenario), 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t border = text.find("\n---\n");
  if (border == std::string_view::npos) return 0;
  esm::Diagnostics diagnostics;
  const auto message = esm::read_template(
      esm::SourceText("fuzz.yaml", std::string(text.substr(0, border + 1))), diagnostics);
  if (!message) return 0;
  const esm::Plan plan = plan_of(Values(text.substr(border + 5)));
  esm::Renderer renderer(*message, plan, esm::UtcTime{std::chrono::hours{24 * 17'000}});
  if (!renderer.padding_fits()) return 0;
  const std::size_t longest = renderer.length_max();
  std::string room(longest + esm::kFrameOverheadMax, '\0');
  for (std::uint32_t i = 0; i < 20; ++i) {
    esm::Event event;
    event.endpoint = i;
    event.user = i % 4 == 3 ? esm::kNobody : i;
    event.ordinal = i * 1'000'003U;
    event.due = std::chrono::milliseconds{std::int64_t{i} * 4'321'987};
    const std::string line = renderer.render(event);
    if (line.size() > longest) fail("longer than the bound", line);
    const std::string wrong = esm::test::what_is_wrong(*message, line);
    if (!wrong.empty()) fail(wrong, line);
    for (const esm::Framing framing : {esm::Framing::kLf, esm::Framing::kNul}) {
      std::copy(line.begin(), line.end(), room.begin());
      const char* const end = esm::frame(framing, room.data(), room.data() + line.size());
      const char last = framing == esm::Framing::kLf ? '\n' : '\0';
      if (std::find(room.data(), room.data() + room.size(), last) + 1 != end) {
        fail("not one frame", line);
      }
    }
  }
  return 0;
}
