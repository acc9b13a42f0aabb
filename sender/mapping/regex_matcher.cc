#include "sender/mapping/regex_matcher.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

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

}  // namespace

RegexVerdict check_regex(std::string_view pattern) {
  const CompileResult result = compile(pattern);
  if (result.code == nullptr) return {result.error, result.offset, 0};
  return {{}, 0, group_count(result.code.get())};
}

struct RegexMatcher::Compiled {
  enum class Found : std::uint8_t { kYes, kNo, kGaveUp };

  Code event, username, address;
  // The order matters: the context refers to the stack and is freed first.
  std::unique_ptr<pcre2_jit_stack, JitStackFree> jit_stack;
  std::unique_ptr<pcre2_match_context, MatchContextFree> context;
  std::unique_ptr<pcre2_match_data, MatchDataFree> match;

  Code prepare(std::string_view pattern) const {
    CompileResult result = compile(pattern);
    assert(result.code != nullptr && "check_regex accepted it");
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

RegexMatcher::RegexMatcher(const RegexIdentifier& identifier)
    : compiled_(std::make_unique<Compiled>()) {
  compiled_->event = compiled_->prepare(identifier.event);
  compiled_->username = compiled_->prepare(identifier.username);
  compiled_->address = compiled_->prepare(identifier.address);
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

RegexMatcher::~RegexMatcher() = default;
RegexMatcher::RegexMatcher(RegexMatcher&&) noexcept = default;

void RegexMatcher::find(std::string_view line, Reading& reading) const {
  using Found = Compiled::Found;
  using Verdict = Reading::Verdict;
  std::string_view text;
  Found found = compiled_->search(compiled_->event.get(), line, text);
  if (found != Found::kYes) {
    reading.verdict = found == Found::kNo ? Verdict::kNoEvent : Verdict::kGaveUp;
    return;
  }
  found = compiled_->search(compiled_->username.get(), line, text);
  if (found != Found::kYes || text.empty()) {
    reading.verdict = found == Found::kGaveUp ? Verdict::kGaveUp : Verdict::kNoUser;
    return;
  }
  reading.user = text;
  found = compiled_->search(compiled_->address.get(), line, text);
  if (found != Found::kYes || text.empty()) {
    reading.verdict = found == Found::kGaveUp ? Verdict::kGaveUp : Verdict::kNoAddress;
    return;
  }
  reading.texts[0] = text;
  reading.text_count = 1;
  reading.verdict = Verdict::kMapped;
}

}  // namespace esm
