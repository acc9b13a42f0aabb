#include "sender/message/parts.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>
#include <utility>

#include "sender/message/csv_column.h"
#include "sender/message/put.h"

namespace esm {
namespace {

using Kind = PartKind;

class Compiler {
 public:
  Compiler(const Template& message, const Plan& plan, const TextIndex& index)
      : message_(message), scenario_(plan.scenario()), index_(index) {}

  MessageParts compile() {
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
        padding_ = " ";
        break;
    }
    return {std::move(parts_), std::move(padding_)};
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
    fields(message_.delimiter, message_.escape);
  }

  void cef() {
    literal("CEF:0|");
    for (const Pattern* part : {&message_.vendor, &message_.product, &message_.version,
                                &message_.event_id, &message_.event_name}) {
      pattern(*part, Escape::kCefHeader);
      literal("|");
    }
    literal(message_.cef_severity + "|");
    fields(' ', Escape::kCefValue);
  }

  std::string between(char own) const {
    return {message_.wrong_delimiter != '\0' ? message_.wrong_delimiter : own};
  }

  void fields(char own_delimiter, Escape how) {
    const std::string delimiter = between(own_delimiter);
    for (const TemplateField& field : message_.fields) {
      const std::string key =
          (&field == &message_.fields.front() ? "" : delimiter) + field.key + "=";
      Gate gate;
      if (field.optional) gate = begin_optional(field.value, 0, how);
      if (gate.never) continue;
      literal(key);
      pattern(field.value, how);
      end_optional(gate);
    }
    padding_ = delimiter + "pad=";
  }

  void csv() {
    for (const TemplateField& field : message_.fields) {
      if (&field != &message_.fields.front()) literal(between(','));
      const Pattern& column = field.value;
      const bool quoted = is_always_quoted(column);
      if (quoted) literal("\"");
      quotes_ = !quoted;
      pattern(column, Escape::kCsv);
      quotes_ = false;
      if (quoted) literal("\"");
    }
    padding_ = between(',');
  }

  void pattern(const Pattern& pieces, Escape how) {
    Gate gate;
    int optional = 0;
    for (const Piece& piece : pieces) {
      if (piece.optional != optional) {
        end_optional(gate);
        optional = piece.optional;
        gate = optional == 0 ? Gate{} : begin_optional(pieces, optional, how);
      }
      if (gate.never) continue;
      if (piece.raw) {
        literal(piece.literal);
        continue;
      }
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
          choice(Kind::kOs, os_texts(piece, how));
          break;
        case Field::kUser:
        case Field::kUserName:
        case Field::kUserDomain:
          choice(Kind::kUser, user_texts(piece, how));
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
          parts_.push_back({Kind::kAddress, {}, {}, {}});
          break;
        case Field::kOrdinal:
          parts_.push_back({Kind::kOrdinal, {}, {}, {}});
          break;
        case Field::kHash:
          parts_.push_back({Kind::kHash, {}, {}, {}});
          break;
        case Field::kUuid:
          parts_.push_back({Kind::kUuid, {}, {}, {}});
          break;
      }
    }
    end_optional(gate);
  }

  // ---- optional parts --------------------------------------------------------------------------

  struct Gate {
    int open = 0;        // conditions that end with it
    bool never = false;  // nobody of this plan has it
  };

  // Where one of the values is empty, the part is left out. `number`: of the optional part in
  // `pieces`; 0: all that is outside of such parts.
  Gate begin_optional(const Pattern& pieces, int number, Escape how) {
    std::vector<std::uint8_t> users, systems;
    for (const Piece& piece : pieces) {
      if (piece.optional != number || !may_be_empty(piece)) continue;
      if (piece.field == Field::kEndpointOs) {
        keep_present(systems, os_texts(piece, how));
      } else {
        keep_present(users, user_texts(piece, how));
      }
    }
    Gate gate;
    const auto add = [&](Kind kind, std::vector<std::uint8_t> present) {
      const auto some = std::count(present.begin(), present.end(), 1);
      gate.never = gate.never || (some == 0 && !present.empty());
      if (some == static_cast<std::ptrdiff_t>(present.size())) return;  // everybody has it
      ++gate.open;
      parts_.push_back({kind, {}, {}, std::move(present)});
    };
    add(Kind::kIfUser, std::move(users));
    add(Kind::kIfOs, std::move(systems));
    if (!gate.never) return gate;
    parts_.resize(parts_.size() - static_cast<std::size_t>(gate.open));
    return {0, true};
  }

  void end_optional(Gate& gate) {
    for (; gate.open > 0; --gate.open) parts_.push_back({Kind::kEndIf, {}, {}, {}});
  }

  static void keep_present(std::vector<std::uint8_t>& present,
                           const std::vector<Part::Text>& texts) {
    if (present.empty()) present.assign(texts.size(), 1);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].is_empty()) present[i] = 0;
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

  // Of a group of `count` members.
  Part::Text text(const std::string& before, const NamePattern& pattern, const std::string& behind,
                  std::uint32_t count, Escape how, LetterCase letters) const {
    Part::Text out = text(in_case(letters, before + pattern.prefix),
                          in_case(letters, pattern.suffix + behind), how);
    if (!pattern.numbered) return out;
    out.own = OwnText::kNumber;
    out.width = pattern.width;
    out.own_max = static_cast<std::size_t>(std::max(decimal_digits(count), pattern.width));
    return out;
  }

  void literal(std::string text) {
    Part part;
    part.texts.emplace_back();
    part.texts.back().before = std::move(text);
    parts_.push_back(std::move(part));
  }

  // What stands for an empty value.
  void stand_in(std::vector<Part::Text>& texts, const Piece& piece, Escape how) const {
    for (Part::Text& one : texts) {
      if (one.is_empty()) one = text(piece.stand_in, "", how);
    }
  }

  // Texts that are all the same are no choice.
  void choice(Kind kind, std::vector<Part::Text> texts) {
    assert(!texts.empty() && "a scenario has endpoints and an ESM");
    for (Part::Text& text : texts) {
      if (text.own != OwnText::kNothing) continue;
      text.before += text.behind;
      text.behind.clear();
    }
    const bool same = texts.front().own == OwnText::kNothing &&
                      std::all_of(texts.begin(), texts.end(),
                                  [&](const Part::Text& other) { return other == texts.front(); });
    if (same) return literal(texts.front().before);
    parts_.push_back({kind, std::move(texts), {}, {}});
  }

  void host(const Piece& piece, Escape how) {
    std::vector<Part::Text> texts;
    for (const EndpointGroup& group : scenario_.endpoints) {
      texts.push_back(text("", group.host, "", group.count, how, piece.letters));
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

  std::vector<Part::Text> os_texts(const Piece& piece, Escape how) const {
    std::vector<Part::Text> texts;
    for (const EndpointGroup& group : scenario_.endpoints) {
      for (const TextShare& share : group.os) texts.push_back(text(share.text, "", how));
      if (group.os.empty()) texts.push_back(text("", "", how));
    }
    stand_in(texts, piece, how);
    return texts;
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
      return text(before + word, group.name, behind, group.count, how, piece.letters);
    }
    Part::Text out = text(in_case(piece.letters, before), in_case(piece.letters, behind), how);
    out.how = how;
    out.letters = piece.letters;
    std::tie(out.own, out.own_max) = names_of(group, how);
    if (piece.letters != LetterCase::kAsItIs) out.own = OwnText::kChanged;
    return out;
  }

  // Whether anybody's name must be escaped there, and how long the longest then is.
  std::pair<OwnText, std::size_t> names_of(const UserGroup& group, Escape how) {
    const auto [known, fresh] = names_.try_emplace({&group, how});
    if (!fresh) return known->second;
    OwnText own = OwnText::kName;
    std::size_t longest = 0;
    for (std::uint32_t i = 0; i < group.count; ++i) {
      const std::string_view name = group.people->name(i);
      const std::string escaped = escape(how, name, message_.delimiter);
      if (escaped != name) own = OwnText::kEscaped;
      longest = std::max(longest, escaped.size());
    }
    known->second = {own, longest};
    return known->second;
  }

  // For a name that needs them; where a text cannot be in quotes of its own, it is the same.
  Part::Text in_quotes(Part::Text text) const {
    const bool has_them = text.before.starts_with('"') && text.behind.ends_with('"');
    if (!quotes_ || text.own == OwnText::kNothing || has_them) return text;
    text.before.insert(0, 1, '"');
    text.behind += '"';
    return text;
  }

  std::vector<Part::Text> user_texts(const Piece& piece, Escape how) {
    std::vector<Part::Text> texts;
    for (std::size_t g = 0; g < scenario_.users.size(); ++g) {
      const UserTexts& group = index_.users[g];
      for (std::uint32_t variant = 0; variant < group.variants.size(); ++variant) {
        texts.push_back(user_text(scenario_.users[g], group, variant, piece, how));
        if (group.quoted) texts.push_back(in_quotes(texts.back()));
      }
    }
    texts.emplace_back();  // nobody
    if (index_.has_dash) {
      texts.push_back(text(piece.field == Field::kUserDomain ? "" : "-", "", how));
    }
    stand_in(texts, piece, how);
    return texts;
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
        parts_.push_back({fraction ? Kind::kFraction : Kind::kClock, {}, {item}, {}});
      }
    }
  }

  const Template& message_;
  const Scenario& scenario_;
  const TextIndex& index_;
  std::vector<Part> parts_;
  std::string padding_;
  std::map<std::pair<const UserGroup*, Escape>, std::pair<OwnText, std::size_t>> names_;
  bool quotes_ = false;  // CSV: a value that needs quotes gets them
};

}  // namespace

MessageParts parts_of(const Template& message, const Plan& plan, const TextIndex& index) {
  return Compiler(message, plan, index).compile();
}

}  // namespace esm
