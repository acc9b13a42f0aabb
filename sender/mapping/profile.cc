#include "sender/mapping/profile.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "sender/base/yaml.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace esm {
namespace {

// Generous for any sane regex on the longest line a firewall takes (8,000 bytes: one backtracking
// step a byte is 8,000), small enough that a catastrophic one gives up within milliseconds.
constexpr std::uint32_t kMatchLimit = 100'000;
constexpr std::uint32_t kDepthLimit = 20'000;
constexpr std::uint32_t kHeapLimitKib = 16 * 1024;
constexpr std::size_t kJitStackStart = 32 * 1024;
constexpr std::size_t kJitStackMax = 1024 * 1024;

// UTF cannot be switched on from within a pattern either, so that all profiles mean the same.
constexpr std::uint32_t kCompileOptions = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;

struct CodeFree {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct MatchDataFree {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct MatchContextFree {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct JitStackFree {
  void operator()(pcre2_jit_stack* stack) const { pcre2_jit_stack_free(stack); }
};
using Code = std::unique_ptr<pcre2_code, CodeFree>;

PCRE2_SPTR bytes_of(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

struct CompileResult {
  Code code;
  std::string error;       // PCRE2's own words
  std::size_t offset = 0;  // in the pattern
};

CompileResult compile(std::string_view pattern) {
  CompileResult result;
  int error = 0;
  result.code.reset(pcre2_compile(bytes_of(pattern), pattern.size(), kCompileOptions, &error,
                                  &result.offset, nullptr));
  if (result.code == nullptr) {
    std::array<PCRE2_UCHAR, 256> message{};
    pcre2_get_error_message(error, message.data(), message.size());
    result.error = reinterpret_cast<const char*>(message.data());
  }
  return result;
}

std::uint32_t group_count(const pcre2_code* code) {
  std::uint32_t count = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

// Where byte `offset` of a scalar's value stands in the file. YamlNode::place_in knows no escapes;
// regexes in quotes have them ('' in single quotes, \\ in double quotes), so the raw text is
// walked. For a scalar that goes over several lines the place is the scalar's.
Place place_in_scalar(const SourceText& source, const YamlNode& node, std::size_t offset) {
  const std::string_view line = source.line(node.place.line);
  const auto start = static_cast<std::size_t>(node.place.column - 1);
  Place place = node.place;
  place.length = 1;
  if (start >= line.size()) return place;
  const char quote = node.quoted ? line[start] : '\0';
  if (quote != '\'' && quote != '"') {
    const bool here = !node.quoted && line.substr(start, node.text.size()) == node.text;
    if (here) place.column += static_cast<int>(offset);
    return here ? place : node.place;
  }
  std::size_t raw = start + 1;
  for (std::size_t value = 0; value < offset; ++value) {
    if (raw >= line.size()) return node.place;
    if (quote == '\'' && line.substr(raw, 2) == "''") {
      raw += 2;
    } else if (quote == '"' && line[raw] == '\\') {
      const char kind = raw + 1 < line.size() ? line[raw + 1] : '\0';
      raw += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
    } else {
      raw += 1;
    }
  }
  if (raw > line.size()) return node.place;
  place.column = static_cast<int>(raw) + 1;
  return place;
}

// In double quotes YAML reads the backslashes before the regex does: "\_" becomes a non-breaking
// space and the regex quietly means something else.
bool yaml_eats_backslashes(const SourceText& source, const YamlNode& node) {
  const std::string_view line = source.line(node.place.line);
  const auto start = static_cast<std::size_t>(node.place.column - 1);
  if (!node.quoted || start >= line.size() || line[start] != '"') return false;
  return line.substr(start + 1, node.text.size()) != node.text;
}

bool has_non_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  }
  return false;
}

struct RegexKey {
  std::string_view key;
  std::string_view what;     // "the user"
  std::string_view example;  // for the hint
  bool needs_group;
};

void read_regex(YamlMap& map, const RegexKey& which, const SourceText& source, std::string& out,
                Diagnostics& diagnostics) {
  const YamlNode* node =
      map.require(which.key, fmt::format("for instance {}: '{}'", which.key, which.example));
  if (node == nullptr || !map.text(which.key, out)) return;
  if (out.empty()) {
    diagnostics.error(node->place,
                      fmt::format("{}: the regex is empty: it would match every line", which.key),
                      fmt::format("for instance '{}'", which.example));
    return;
  }
  if (yaml_eats_backslashes(source, *node)) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: in double quotes YAML changes backslashes before the regex is read: it "
                    "is now {}",
                    which.key, out),
        "write it in single quotes, where a backslash stays a backslash");
  }
  const CompileResult compiled = compile(out);
  if (compiled.code == nullptr) {
    diagnostics.error(place_in_scalar(source, *node, compiled.offset),
                      fmt::format("{}: not a regex: {}", which.key, compiled.error),
                      "the dialect is PCRE2");
    return;
  }
  if (has_non_ascii(out)) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: a regex matches bytes, and '{}' has characters of several", which.key,
                    out),
        "outside [classes] and quantifiers that is the same; inside, write what ends the value "
        "instead: [^\\t]+");
  }
  if (!which.needs_group) return;
  const std::uint32_t groups = group_count(compiled.code.get());
  if (groups == 0) {
    diagnostics.error(
        node->place,
        fmt::format("{}: '{}' has no group: nothing says which part is {}", which.key, out,
                    which.what),
        fmt::format("put that part in parentheses, for instance '{}'", which.example));
  } else if (groups > 1) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: '{}' has {} groups, only the first is read", which.key, out, groups),
        "write the others as (?:…)");
  }
}

std::string name_from(std::string_view file) {
  if (const std::size_t slash = file.rfind('/'); slash != std::string_view::npos) {
    file.remove_prefix(slash + 1);
  }
  for (const std::string_view ending : {".yaml", ".yml"}) {
    if (file.size() > ending.size() && file.ends_with(ending)) file.remove_suffix(ending.size());
  }
  return std::string(file);
}

}  // namespace

std::optional<Profile> read_profile(const SourceText& source, Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  const std::optional<YamlNode> root = parse_yaml(source, kProfileBytesMax, diagnostics);
  if (!root) return std::nullopt;

  Profile profile;
  profile.name = name_from(source.name());
  profile.source = source;
  YamlMap map(*root, "the profile", diagnostics);
  map.text("about", profile.about);

  std::size_t type = 0;
  if (map.require("type", "write type: regex") != nullptr &&
      map.choice("type", {"regex", "field"}, type) && type == 1) {
    diagnostics.error(map.find("type")->place, "type: 'field' profiles cannot be read yet",
                      "write type: regex, with event, username and address as regexes");
    return std::nullopt;  // its other keys belong to the other kind
  }
  std::size_t purpose = 0;
  if (map.choice("for", {"login", "logout"}, purpose)) {
    profile.purpose = purpose == 0 ? Profile::For::kLogin : Profile::For::kLogout;
  }
  read_regex(map, {"event", "the event", "Service is alive", false}, source, profile.event_regex,
             diagnostics);
  read_regex(map, {"username", "the user", "duser=([a-zA-Z0-9\\_]+)", true}, source,
             profile.username_regex, diagnostics);
  read_regex(map, {"address", "the address", "dst=([A-F0-9a-f:.]+)", true}, source,
             profile.address_regex, diagnostics);
  if (map.text("default-domain", profile.default_domain) &&
      profile.default_domain.find_first_of("\\@ \t\r\n") != std::string::npos) {
    diagnostics.error(
        map.find("default-domain")->place,
        fmt::format("default-domain: '{}' is not a domain's name", profile.default_domain),
        "write it alone, without backslash, @ or spaces: CORP");
  }
  map.finish();
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return profile;
}

std::string_view name_of(Reading::Verdict verdict) {
  switch (verdict) {
    case Reading::Verdict::kMapped:
      return "mapped";
    case Reading::Verdict::kNoEvent:
      return "no-event";
    case Reading::Verdict::kNoUser:
      return "no-user";
    case Reading::Verdict::kNoAddress:
      return "no-address";
    case Reading::Verdict::kBadAddress:
      return "bad-address";
    case Reading::Verdict::kGaveUp:
      return "gave-up";
  }
  assert(false);
  return "";
}

struct ProfileReader::Compiled {
  enum class Found : std::uint8_t { kYes, kNo, kGaveUp };

  Profile::For purpose = Profile::For::kLogin;
  std::string default_domain;
  Code event, username, address;
  // The order matters: the context refers to the stack and is freed first.
  std::unique_ptr<pcre2_jit_stack, JitStackFree> jit_stack;
  std::unique_ptr<pcre2_match_context, MatchContextFree> context;
  std::unique_ptr<pcre2_match_data, MatchDataFree> match;

  Code prepare(std::string_view pattern) const {
    CompileResult result = compile(pattern);
    assert(result.code != nullptr && "read_profile accepted it");
    // Without JIT (no support on this CPU, no executable memory allowed) pcre2_match interprets:
    // slower, the same answers.
    pcre2_jit_compile(result.code.get(), PCRE2_JIT_COMPLETE);
    return std::move(result.code);
  }

  // `group` becomes the text of the first group, or of the whole match where there is none.
  Found search(const pcre2_code* code, std::string_view line, std::string_view& group) const {
    // PCRE2 wants a pointer even to nothing.
    const std::string_view subject = line.data() == nullptr ? std::string_view("") : line;
    const int groups =
        pcre2_match(code, bytes_of(subject), subject.size(), 0, 0, match.get(), context.get());
    if (groups == PCRE2_ERROR_NOMATCH) return Found::kNo;
    // Match, depth, heap or JIT stack limit: this regex is too expensive on this line.
    if (groups < 0) return Found::kGaveUp;
    const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(match.get());
    // Behind the last group that matched there is nothing: \K and groups in branches not taken.
    const std::size_t at = groups == 1 ? 0 : 2;
    if (at == 0 && group_count(code) > 0) {
      group = {};
      return Found::kYes;
    }
    // Lookbehinds with \K can make an end before its start; that is no text.
    if (offsets[at] == PCRE2_UNSET || offsets[at + 1] < offsets[at]) {
      group = {};
    } else {
      group = subject.substr(offsets[at], offsets[at + 1] - offsets[at]);
    }
    return Found::kYes;
  }
};

ProfileReader::ProfileReader(const Profile& profile) : compiled_(std::make_unique<Compiled>()) {
  compiled_->purpose = profile.purpose;
  compiled_->default_domain = profile.default_domain;
  compiled_->event = compiled_->prepare(profile.event_regex);
  compiled_->username = compiled_->prepare(profile.username_regex);
  compiled_->address = compiled_->prepare(profile.address_regex);
  // Two pairs of offsets: the whole match and the first group. More groups than that make
  // pcre2_match return 0, "too small", so the largest regex decides.
  std::uint32_t pairs = 2;
  for (const Code* code : {&compiled_->event, &compiled_->username, &compiled_->address}) {
    pairs = std::max(pairs, group_count(code->get()) + 1);
  }
  compiled_->match.reset(pcre2_match_data_create(pairs, nullptr));
  compiled_->context.reset(pcre2_match_context_create(nullptr));
  assert(compiled_->match != nullptr && compiled_->context != nullptr);
  pcre2_match_context* context = compiled_->context.get();
  pcre2_set_match_limit(context, kMatchLimit);
  pcre2_set_depth_limit(context, kDepthLimit);
  pcre2_set_heap_limit(context, kHeapLimitKib);
  compiled_->jit_stack.reset(pcre2_jit_stack_create(kJitStackStart, kJitStackMax, nullptr));
  if (compiled_->jit_stack != nullptr) {
    pcre2_jit_stack_assign(context, nullptr, compiled_->jit_stack.get());
  }
}

ProfileReader::~ProfileReader() = default;
ProfileReader::ProfileReader(ProfileReader&&) noexcept = default;

Profile::For ProfileReader::purpose() const { return compiled_->purpose; }

Reading ProfileReader::read(std::string_view line) const {
  using Found = Compiled::Found;
  using Verdict = Reading::Verdict;
  Reading reading;
  std::string_view event;
  Found found = compiled_->search(compiled_->event.get(), line, event);
  if (found != Found::kYes) {
    reading.verdict = found == Found::kNo ? Verdict::kNoEvent : Verdict::kGaveUp;
    return reading;
  }
  found = compiled_->search(compiled_->username.get(), line, reading.user);
  if (found != Found::kYes || reading.user.empty()) {
    reading.user = {};
    reading.verdict = found == Found::kGaveUp ? Verdict::kGaveUp : Verdict::kNoUser;
    return reading;
  }
  found = compiled_->search(compiled_->address.get(), line, reading.address_text);
  if (found != Found::kYes || reading.address_text.empty()) {
    reading.address_text = {};
    reading.verdict = found == Found::kGaveUp ? Verdict::kGaveUp : Verdict::kNoAddress;
    return reading;
  }
  const std::optional<IpAddress> address = IpAddress::parse(reading.address_text);
  reading.verdict = address ? Verdict::kMapped : Verdict::kBadAddress;
  if (address) reading.address = *address;
  return reading;
}

std::string_view ProfileReader::table_user(std::string_view user, std::string& scratch) const {
  if (compiled_->default_domain.empty() || user.find_first_of("\\@") != std::string_view::npos) {
    return user;
  }
  scratch.assign(compiled_->default_domain).append(1, '\\').append(user);
  return scratch;
}

std::string ProfileReader::table_user(std::string_view user) const {
  std::string scratch;
  return std::string(table_user(user, scratch));
}

}  // namespace esm
