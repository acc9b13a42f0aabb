#include "sender/message/program.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "sender/message/csv_column.h"
#include "sender/message/drawn_text.h"
#include "sender/message/escape.h"
#include "sender/message/put.h"

namespace esm {
namespace {

using Kind = Operation::Kind;
using Own = MemberText::Own;

// Literal text is copied into every group's text behind it only as long as that stays small.
constexpr std::size_t kJoinedBytesMax = 64 * 1024;
// Up to so many endpoints the longest address is found by looking at all of them.
constexpr std::uint32_t kAddressesTriedMax = 65'536;

// One place of the message, before it is laid out for running.
struct Part {
  struct Text {
    std::string before, behind;
    MemberText::Own own = MemberText::Own::kNothing;
    int width = 0;  // of a number
    Escape how = Escape::kText;
    LetterCase letters = LetterCase::kAsItIs;
    std::size_t own_max = 0;  // bytes of the longest name

    friend bool operator==(const Text&, const Text&) = default;
  };
  Kind kind = Kind::kLiteral;
  std::vector<Text> texts;  // kLiteral: one
  ClockText clock;          // kClock; kFraction: one item
};

std::size_t length_max(const Part::Text& text, std::uint32_t count) {
  const int number = text.own == Own::kNumber ? std::max(decimal_digits(count), text.width) : 0;
  return text.before.size() + text.behind.size() + static_cast<std::size_t>(number) + text.own_max;
}

// No address of the group is longer. Exact for fleets of usual size.
std::size_t address_length_max(const Plan& plan, std::uint32_t group) {
  const EndpointGroup& endpoints = plan.scenario().endpoints[group];
  const std::uint32_t first = plan.endpoint_index({group, 0});
  char text[IpAddress::kTextMax];
  std::size_t longest = 0;
  if (endpoints.count <= kAddressesTriedMax && endpoints.lease.count() == 0 &&
      endpoints.away.empty() && endpoints.second_pool.empty()) {
    for (std::uint32_t i = 0; i < endpoints.count; ++i) {
      const auto length =
          static_cast<std::size_t>(plan.address(first + i, 0, SimTime{0}).write(text) - text);
      longest = std::max(longest, length);
    }
    return longest;
  }
  const auto consider = [&](const std::vector<AddressBlock>& pool) {
    for (const AddressBlock& network : pool) {
      longest = std::max<std::size_t>(longest, network.is_v6() ? 39 : 15);
    }
  };
  consider(endpoints.pool);
  for (const Site& site : endpoints.away) consider(site.pool);
  consider(endpoints.second_pool);
  return longest;
}

class Compiler {
 public:
  Compiler(const Template& message, const Plan& plan)
      : message_(message), plan_(plan), scenario_(plan.scenario()) {}

  Program compile() {
    std::uint32_t versions = 0, systems = 0;
    for (const EndpointGroup& group : scenario_.endpoints) {
      program_.has_dash = program_.has_dash || group.idle == IdleBeat::kDash;
      program_.version_bases.push_back(versions);
      versions += static_cast<std::uint32_t>(group.versions.empty() ? scenario_.esms.size()
                                                                    : group.versions.size());
      program_.os_bases.push_back(systems);
      systems += static_cast<std::uint32_t>(std::max<std::size_t>(group.os.size(), 1));
    }
    place_users();
    head();
    switch (message_.format) {
      case Format::kLeef1:
      case Format::kLeef2:
        leef();
        break;
      case Format::kCef:
        cef();
        break;
      case Format::kCsv:
        csv();
        break;
      case Format::kText:
        pattern(message_.text, message_.escape);
        program_.padding = " ";
        break;
    }
    join();
    find_length_max();
    lay_out();
    return std::move(program_);
  }

 private:
  // ---- what stands where -----------------------------------------------------------------------

  void head() {
    if (message_.head == Head::kNone) return;
    literal("<" + std::to_string(message_.priority) + ">");
    switch (message_.head) {
      case Head::kNone:
        break;
      case Head::kEsm:
        time("MMM dd yyyy HH:mm:ss", Escape::kHead);
        literal(" ");
        esm(Field::kEsmAddress, Escape::kHead);
        literal(" ");
        break;
      case Head::kRfc3164:
        time("MMM _d HH:mm:ss", Escape::kHead);
        literal(" ");
        esm(Field::kEsmName, Escape::kHead);
        literal(" ");
        break;
      case Head::kRfc5424:
        literal("1 ");
        time("rfc3339", Escape::kHead);
        literal(" ");
        esm(Field::kEsmName, Escape::kHead);
        literal(" " + message_.app_name + " - " + message_.message_id + " - ");
        break;
      case Head::kEsm5424:
        literal("1 ");
        time("yyyy-MM-dd'T'HH:mm:ss.SS'Z'_X", Escape::kHead);
        literal(" ");
        esm(Field::kEsmAddress, Escape::kHead);
        literal(" - - - ");
        break;
    }
  }

  void leef() {
    literal(message_.format == Format::kLeef1 ? "LEEF:1.0|" : "LEEF:2.0|");
    for (const Pattern* part :
         {&message_.vendor, &message_.product, &message_.version, &message_.event_id}) {
      pattern(*part, Escape::kLeefHeader);
      literal("|");
    }
    if (message_.format == Format::kLeef2) literal(message_.delimiter_text + "|");
    const std::string delimiter(1, message_.delimiter);
    fields(delimiter, message_.escape);
  }

  void cef() {
    literal("CEF:0|");
    for (const Pattern* part : {&message_.vendor, &message_.product, &message_.version,
                                &message_.event_id, &message_.event_name}) {
      pattern(*part, Escape::kCefHeader);
      literal("|");
    }
    literal(message_.cef_severity + "|");
    fields(" ", Escape::kCefValue);
  }

  void fields(const std::string& delimiter, Escape how) {
    for (const TemplateField& field : message_.fields) {
      const std::string key =
          (&field == &message_.fields.front() ? "" : delimiter) + field.key + "=";
      if (field.optional) {
        lead_ = key;
        pattern(field.value, how);
        lead_.clear();
      } else {
        literal(key);
        pattern(field.value, how);
      }
    }
    program_.padding = delimiter + "pad=";
  }

  void csv() {
    for (const TemplateField& field : message_.fields) {
      if (&field != &message_.fields.front()) literal(",");
      const Pattern& column = field.value;
      const bool quoted = is_always_quoted(column);
      if (quoted) literal("\"");
      quotes_ = !quoted;
      pattern(column, Escape::kCsv);
      quotes_ = false;
      if (quoted) literal("\"");
    }
    program_.padding = ",";
  }

  void pattern(const Pattern& pieces, Escape how) {
    for (const Piece& piece : pieces) {
      if (!piece.is_field) {
        literal(escape(message_.format == Format::kText ? Escape::kTextLiteral : how, piece.literal,
                       message_.delimiter));
        continue;
      }
      switch (piece.field) {
        case Field::kEndpointHost:
          host(piece, how);
          break;
        case Field::kEndpointVersion:
          version(how);
          break;
        case Field::kEndpointOs:
          os(piece, how);
          break;
        case Field::kUser:
        case Field::kUserName:
        case Field::kUserDomain:
          user(piece, how);
          break;
        case Field::kEsmName:
        case Field::kEsmAddress:
        case Field::kEsmVersion:
          esm(piece.field, how);
          break;
        case Field::kTime:
          time(piece.format, how);
          break;
        case Field::kEndpointAddress:
          parts_.push_back({Kind::kAddress, {}, {}});
          break;
        case Field::kOrdinal:
          parts_.push_back({Kind::kOrdinal, {}, {}});
          break;
        case Field::kHash:
          parts_.push_back({Kind::kHash, {}, {}});
          break;
        case Field::kUuid:
          parts_.push_back({Kind::kUuid, {}, {}});
          break;
      }
    }
  }

  // ---- one piece -------------------------------------------------------------------------------

  Part::Text text(std::string_view before, std::string_view behind, Escape how) const {
    const bool quote = quotes_ && (needs_quotes(before) || needs_quotes(behind));
    Part::Text out;
    if (how == Escape::kHead) {
      out.before = escape(how, std::string(before) + std::string(behind));
      return out;
    }
    out.before = (quote ? "\"" : "") + escape(how, before, message_.delimiter);
    out.behind = escape(how, behind, message_.delimiter) + (quote ? "\"" : "");
    return out;
  }

  Part::Text text(const std::string& before, const NamePattern& pattern, const std::string& behind,
                  Escape how, LetterCase letters) const {
    Part::Text out = text(in_case(letters, before + pattern.prefix),
                          in_case(letters, pattern.suffix + behind), how);
    if (pattern.numbered) out.own = Own::kNumber;
    out.width = pattern.width;
    return out;
  }

  void literal(std::string text) {
    Part part;
    part.texts.emplace_back();
    part.texts.back().before = std::move(text);
    parts_.push_back(std::move(part));
  }

  static bool is_empty(const Part::Text& text) {
    return text.own == Own::kNothing && text.before.empty() && text.behind.empty();
  }

  // What stands for an empty value.
  void stand_in(std::vector<Part::Text>& texts, const Piece& piece, Escape how) const {
    for (Part::Text& one : texts) {
      if (is_empty(one)) one = text(piece.stand_in, "", how);
    }
  }

  // Texts that are all the same are no choice.
  void choice(Kind kind, std::vector<Part::Text> texts) {
    assert(!texts.empty() && "a scenario has endpoints and an ESM");
    for (Part::Text& text : texts) {
      if (!is_empty(text)) text.before.insert(0, lead_);
      if (text.own != Own::kNothing) continue;
      text.before += text.behind;
      text.behind.clear();
    }
    const bool same = texts.front().own == Own::kNothing &&
                      std::all_of(texts.begin(), texts.end(),
                                  [&](const Part::Text& other) { return other == texts.front(); });
    if (same) return literal(texts.front().before);
    parts_.push_back({kind, std::move(texts), {}});
  }

  void host(const Piece& piece, Escape how) {
    std::vector<Part::Text> texts;
    for (const EndpointGroup& group : scenario_.endpoints) {
      texts.push_back(text("", group.host, "", how, piece.letters));
    }
    choice(Kind::kEndpoint, std::move(texts));
  }

  // The group's own, or that of the ESM.
  void version(Escape how) {
    std::vector<Part::Text> texts;
    for (const EndpointGroup& group : scenario_.endpoints) {
      for (const TextShare& share : group.versions) texts.push_back(text(share.text, "", how));
      if (!group.versions.empty()) continue;
      for (const EsmServer& server : scenario_.esms) {
        texts.push_back(text(server.version, "", how));
      }
    }
    choice(Kind::kVersion, std::move(texts));
  }

  void os(const Piece& piece, Escape how) {
    std::vector<Part::Text> texts;
    for (const EndpointGroup& group : scenario_.endpoints) {
      for (const TextShare& share : group.os) texts.push_back(text(share.text, "", how));
      if (group.os.empty()) texts.push_back(text("", "", how));
    }
    stand_in(texts, piece, how);
    choice(Kind::kOs, std::move(texts));
  }

  void place_users() {
    program_.delimiter = message_.delimiter;
    for (const UserGroup& group : scenario_.users) {
      UserTexts texts{program_.nobody, false, false, group.people.get(), UserVariants(group)};
      texts.quoted = group.people && message_.format == Format::kCsv;
      const std::uint32_t size = texts.variants.size() * (texts.quoted ? 2 : 1);
      texts.varied = size > 1;
      program_.nobody += size;
      members_.resize(program_.nobody, group.count);
      program_.users.push_back(texts);
    }
    members_.resize(program_.nobody + 2, 0);  // nobody, a dash
  }

  Part::Text user_text(const UserGroup& group, const UserTexts& texts, std::uint32_t variant,
                       const Piece& piece, Escape how) {
    const std::string domain(texts.variants.domain(variant));
    if (piece.field == Field::kUserDomain) return text(in_case(piece.letters, domain), "", how);
    UserForm form = piece.field == Field::kUser ? group.form : UserForm::kBare;
    // A template asks for it of all users, also of those without a domain.
    if (piece.form) form = domain.empty() ? UserForm::kBare : *piece.form;
    const std::string before = form == UserForm::kDownLevel ? domain + "\\" : std::string();
    const std::string behind = form == UserForm::kPrincipal ? "@" + domain : std::string();
    if (!group.people) {
      const std::string word(texts.variants.word(variant));
      return text(before + word, group.name, behind, how, piece.letters);
    }
    Part::Text out = text(in_case(piece.letters, before), in_case(piece.letters, behind), how);
    out.how = how;
    out.letters = piece.letters;
    std::tie(out.own, out.own_max) = names_of(group, how);
    if (piece.letters != LetterCase::kAsItIs) out.own = Own::kChanged;
    return out;
  }

  // Whether anybody's name must be escaped there, and how long the longest then is.
  std::pair<Own, std::size_t> names_of(const UserGroup& group, Escape how) {
    const auto [known, fresh] = names_.try_emplace({&group, how});
    if (!fresh) return known->second;
    Own own = Own::kName;
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::string_view name = group.people->name(i);
      const std::string escaped = escape(how, name, message_.delimiter);
      if (escaped != name) own = Own::kEscaped;
      longest = std::max(longest, escaped.size());
    }
    known->second = {own, longest};
    return known->second;
  }

  // For a name that needs them; where a text cannot be in quotes of its own, it is the same.
  Part::Text in_quotes(Part::Text text) const {
    const bool has_them = text.before.starts_with('"') && text.behind.ends_with('"');
    if (!quotes_ || text.own == Own::kNothing || has_them) return text;
    text.before.insert(0, 1, '"');
    text.behind += '"';
    return text;
  }

  void user(const Piece& piece, Escape how) {
    std::vector<Part::Text> texts;
    for (std::size_t g = 0; g < scenario_.users.size(); ++g) {
      const UserTexts& group = program_.users[g];
      for (std::uint32_t variant = 0; variant < group.variants.size(); ++variant) {
        texts.push_back(user_text(scenario_.users[g], group, variant, piece, how));
        if (group.quoted) texts.push_back(in_quotes(texts.back()));
      }
    }
    texts.emplace_back();  // nobody
    if (program_.has_dash) {
      texts.push_back(text(piece.field == Field::kUserDomain ? "" : "-", "", how));
    }
    stand_in(texts, piece, how);
    choice(Kind::kUser, std::move(texts));
  }

  void esm(Field field, Escape how) {
    std::vector<Part::Text> texts;
    for (const EsmServer& server : scenario_.esms) {
      texts.push_back(text(field == Field::kEsmAddress   ? server.address.to_string()
                           : field == Field::kEsmVersion ? server.version
                                                         : server.name,
                           "", how));
    }
    choice(Kind::kEsm, std::move(texts));
  }

  void time(const std::string& format, Escape how) {
    TimeFormat::Wrong wrong;
    const std::optional<TimeFormat> compiled = TimeFormat::compile(format, wrong);
    assert(compiled && "read_template has tried it");
    if (!compiled) return;
    for (const TimeFormat::Item& item : compiled->items()) {
      if (item.part == TimeFormat::Part::kLiteral) {
        // Of the heads' times the blanks are meant.
        literal(how == Escape::kHead ? item.literal
                                     : escape(how, item.literal, message_.delimiter));
      } else {
        const bool fraction = item.part == TimeFormat::Part::kFraction;
        parts_.push_back({fraction ? Kind::kFraction : Kind::kClock, {}, {item}});
      }
    }
  }

  // ---- joining ---------------------------------------------------------------------------------

  void join() {
    std::vector<Part> joined;
    for (Part& part : parts_) {
      Part* const last = joined.empty() ? nullptr : &joined.back();
      if (last != nullptr && part.kind == Kind::kLiteral && take_literal(*last, part)) continue;
      if (last != nullptr && part.kind == Kind::kClock && take_clock(*last, part)) continue;
      joined.push_back(std::move(part));
    }
    parts_ = std::move(joined);
  }

  static TimeFormat::Item item_of(const Part& literal) {
    return {TimeFormat::Part::kLiteral, 0, literal.texts.front().before};
  }

  // Whether `literal` now is a part of `last`.
  static bool take_literal(Part& last, const Part& literal) {
    const std::string& text = literal.texts.front().before;
    switch (last.kind) {
      case Kind::kClock:
        last.clock.push_back(item_of(literal));
        return true;
      case Kind::kLiteral:
      case Kind::kEndpoint:
      case Kind::kUser:
      case Kind::kEsm:
      case Kind::kVersion:
      case Kind::kOs:
        if (last.texts.size() > 1 && last.texts.size() * text.size() > kJoinedBytesMax) {
          return false;
        }
        for (Part::Text& one : last.texts) {
          (one.own == Own::kNothing ? one.before : one.behind) += text;
        }
        return true;
      case Kind::kFraction:
      case Kind::kAddress:
      case Kind::kOrdinal:
      case Kind::kHash:
      case Kind::kUuid:
        return false;
    }
    return false;
  }

  static bool take_clock(Part& last, Part& clock) {
    if (last.kind == Kind::kLiteral) {
      ClockText items{item_of(last)};
      items.push_back(std::move(clock.clock.front()));
      last = {Kind::kClock, {}, std::move(items)};
      return true;
    }
    if (last.kind != Kind::kClock) return false;
    last.clock.push_back(std::move(clock.clock.front()));
    return true;
  }

  // ---- the longest message ---------------------------------------------------------------------

  std::size_t version_length_max(const std::vector<Part::Text>& texts, std::size_t group,
                                 std::size_t esm) const {
    const std::size_t base = program_.version_bases[group];
    const std::size_t own = scenario_.endpoints[group].versions.size();
    if (own == 0) return length_max(texts[base + esm], 0);
    std::size_t longest = 0;
    for (std::size_t i = 0; i < own; ++i) {
      longest = std::max(longest, length_max(texts[base + i], 0));
    }
    return longest;
  }

  // The parts that depend on an endpoint's group and ESM are taken together, and so are those that
  // depend on the user's group.
  void find_length_max() {
    const std::size_t groups = scenario_.endpoints.size();
    const std::size_t esms = scenario_.esms.size();
    std::size_t fixed = 0;
    std::vector<std::size_t> of_group(groups),
        of_user(program_.nobody + (program_.has_dash ? 2 : 1)), of_both(groups * esms);
    for (const Part& part : parts_) {
      switch (part.kind) {
        case Kind::kLiteral:
          fixed += length_max(part.texts.front(), 0);
          break;
        case Kind::kClock:
        case Kind::kFraction:
          for (const TimeFormat::Item& item : part.clock) fixed += TimeFormat::length_max(item);
          break;
        case Kind::kEndpoint:
          for (std::size_t g = 0; g < groups; ++g) {
            of_group[g] += length_max(part.texts[g], scenario_.endpoints[g].count);
          }
          break;
        case Kind::kUser:
          for (std::size_t u = 0; u < of_user.size(); ++u) {
            of_user[u] += length_max(part.texts[u], members_[u]);
          }
          break;
        case Kind::kEsm:
          for (std::size_t i = 0; i < of_both.size(); ++i) {
            of_both[i] += length_max(part.texts[i % esms], 0);
          }
          break;
        case Kind::kVersion:
          for (std::size_t i = 0; i < of_both.size(); ++i) {
            of_both[i] += version_length_max(part.texts, i / esms, i % esms);
          }
          break;
        case Kind::kOs:
          for (std::size_t g = 0; g < groups; ++g) {
            const std::size_t end = g + 1 < groups ? program_.os_bases[g + 1] : part.texts.size();
            std::size_t longest = 0;
            for (std::size_t i = program_.os_bases[g]; i < end; ++i) {
              longest = std::max(longest, length_max(part.texts[i], 0));
            }
            of_group[g] += longest;
          }
          break;
        case Kind::kAddress:
          for (std::uint32_t g = 0; g < groups; ++g) of_group[g] += address_length_max(plan_, g);
          break;
        case Kind::kOrdinal:
          fixed += 10;
          break;
        case Kind::kHash:
          fixed += DrawnText::kHashLength;
          break;
        case Kind::kUuid:
          fixed += DrawnText::kUuidLength;
          break;
      }
    }
    std::size_t longest = 0;
    for (std::size_t i = 0; i < of_both.size(); ++i) {
      longest = std::max(longest, of_group[i / esms] + of_both[i]);
    }
    program_.length_max = fixed + longest + *std::max_element(of_user.begin(), of_user.end());
  }

  // ---- for running -----------------------------------------------------------------------------

  void lay_out() {
    for (Part& part : parts_) {
      Operation operation;
      operation.kind = part.kind;
      if (part.kind == Kind::kClock) {
        operation.first = static_cast<std::uint32_t>(program_.clocks.size());
        program_.clocks.push_back(std::move(part.clock));
      } else if (part.kind == Kind::kFraction) {
        operation.digits = static_cast<std::uint8_t>(part.clock.front().width);
      } else {
        operation.first = static_cast<std::uint32_t>(program_.texts.size());
        for (const Part::Text& text : part.texts) {
          program_.texts.push_back({program_.bytes.size(),
                                    static_cast<std::uint32_t>(text.before.size()),
                                    static_cast<std::uint32_t>(text.behind.size()), text.own,
                                    static_cast<std::uint8_t>(text.width), text.how, text.letters});
          program_.bytes += text.before;
          program_.bytes += text.behind;
        }
      }
      program_.operations.push_back(operation);
    }
  }

  const Template& message_;
  const Plan& plan_;
  const Scenario& scenario_;
  Program program_;
  std::vector<Part> parts_;
  std::vector<std::uint32_t> members_;  // of each text of users, how many users its group has
  std::map<std::pair<const UserGroup*, Escape>, std::pair<Own, std::size_t>> names_;
  std::string lead_;     // of an optional field: what stands before a value that is not empty
  bool quotes_ = false;  // CSV: a value that needs quotes gets them
};

}  // namespace

Program compile_program(const Template& message, const Plan& plan) {
  return Compiler(message, plan).compile();
}

}  // namespace esm
