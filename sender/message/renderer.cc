#include "sender/message/renderer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>
#include <vector>

#include "sender/message/escape.h"
#include "sender/message/time_format.h"

// A template and a plan are compiled into a list of operations, each of which copies: literal text
// that is known now (adjacent pieces are one), the text of a moment (kept for the current second),
// or a name. Names of a group differ in a number only, so what stands before and behind the number
// is escaped once per group and place, when the list is made.

namespace esm {
namespace {

constexpr std::size_t kTimeLength = TimeFormat::kTextMax;

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_number(char* out, std::uint32_t number, int width) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  for (int i = count; i < width; ++i) *out++ = '0';
  while (count > 0) *out++ = digits[--count];
  return out;
}

// A group's names at one place of the message.
struct Name {
  std::string before, behind;
  bool numbered = false;
  int width = 0;

  std::size_t length_max(std::uint32_t count) const {
    std::size_t digits = 0;
    for (std::uint64_t n = count; n != 0; n /= 10) ++digits;
    return before.size() + behind.size() +
           (numbered ? std::max(digits, static_cast<std::size_t>(width)) : 0);
  }
};

struct Moment {
  TimeFormat format;
  std::string key;  // the format's text, to share equal ones
  std::int64_t second = INT64_MIN;
  std::array<char, kTimeLength> text{};
  std::size_t length = 0;
};

struct Operation {
  enum class Kind : std::uint8_t {
    kLiteral,
    kMoment,
    kEndpointName,
    kUserName,
    kEsmText,
    kAddress,
    kOrdinal
  };
  Kind kind = Kind::kLiteral;
  std::uint32_t table = 0;  // of names, texts or moments
  std::string literal;
};

}  // namespace

class Renderer::Program {
 public:
  Program(const Template& message, const Plan& plan, UtcTime epoch)
      : plan_(plan), epoch_(epoch), pad_to_(message.pad_to) {
    compile(message);
  }

  std::size_t unpadded_max() const { return length_max_; }
  std::size_t padding_min() const { return padding_.size(); }
  std::size_t pad_to() const { return pad_to_; }

  char* render(const Event& event, char* out) {
    char* const begin = out;
    const UtcTime time = epoch_ + event.due;
    const EndpointRef endpoint = plan_.endpoint_ref(event.endpoint);
    for (const Operation& operation : operations_) {
      switch (operation.kind) {
        case Operation::Kind::kLiteral:
          out = put(out, operation.literal);
          break;
        case Operation::Kind::kMoment:
          out = put_moment(out, moments_[operation.table], time);
          break;
        case Operation::Kind::kEndpointName:
          out = put_name(out, names_[operation.table][endpoint.group], endpoint.index);
          break;
        case Operation::Kind::kUserName:
          if (event.user != kNobody) {
            const UserRef user = plan_.user_ref(event.user);
            out = put_name(out, names_[operation.table][user.group], user.index);
          }
          break;
        case Operation::Kind::kEsmText:
          out = put(out, texts_[operation.table][plan_.esm(event.endpoint)]);
          break;
        case Operation::Kind::kAddress:
          out = plan_.address(event.endpoint).write(out);
          break;
        case Operation::Kind::kOrdinal:
          out = put_number(out, event.ordinal, 1);
          break;
      }
    }
    if (pad_to_ > 0) out = pad(begin, out);
    return out;
  }

 private:
  void literal(std::string_view text) {
    if (operations_.empty() || operations_.back().kind != Operation::Kind::kLiteral) {
      operations_.emplace_back();
    }
    operations_.back().literal += text;
    length_max_ += text.size();
  }

  void moment(const std::string& format) {
    auto known = std::find_if(moments_.begin(), moments_.end(),
                              [&](const Moment& m) { return m.key == format; });
    if (known == moments_.end()) {
      TimeFormat::Wrong wrong;
      std::optional<TimeFormat> compiled = TimeFormat::compile(format, wrong);
      assert(compiled && "read_template has tried it");
      Moment made{std::move(*compiled), format, INT64_MIN, {}, 0};
      moments_.push_back(std::move(made));
      known = moments_.end() - 1;
    }
    Operation operation;
    operation.kind = Operation::Kind::kMoment;
    operation.table = static_cast<std::uint32_t>(known - moments_.begin());
    operations_.push_back(std::move(operation));
    length_max_ += known->format.length_max();
  }

  // Where values need quotes (CSV) both ends get them.
  static Name escaped(const NamePattern& pattern, std::string_view before, std::string_view behind,
                      Escape how, char delimiter, bool quotes) {
    Name name;
    const std::string front = std::string(before) + pattern.prefix;
    const std::string back = pattern.suffix + std::string(behind);
    const bool quote = quotes && (front + back).find_first_of(",\"") != std::string::npos;
    name.before = (quote ? "\"" : "") + escape(how, front, delimiter);
    name.behind = escape(how, back, delimiter) + (quote ? "\"" : "");
    name.numbered = pattern.numbered;
    name.width = pattern.width;
    return name;
  }

  void endpoint_names(Field field, Escape how, char delimiter, bool quotes) {
    const Scenario& scenario = plan_.scenario();
    if (field == Field::kEndpointAddress) {
      Operation operation;
      operation.kind = Operation::Kind::kAddress;
      operations_.push_back(std::move(operation));
      length_max_ += IpAddress::kTextMax;
      return;
    }
    std::vector<Name> names;
    std::size_t longest = 0;
    for (const EndpointGroup& group : scenario.endpoints) {
      NamePattern pattern = group.host;
      if (field == Field::kEndpointVersion) {
        pattern = {};
        pattern.prefix =
            group.agent_version.empty() ? scenario.esms.front().version : group.agent_version;
      }
      names.push_back(escaped(pattern, "", "", how, delimiter, quotes));
      longest = std::max(longest, names.back().length_max(group.count));
    }
    add_names(Operation::Kind::kEndpointName, std::move(names), longest);
  }

  void user_names(Field field, Escape how, char delimiter, bool quotes) {
    std::vector<Name> names;
    std::size_t longest = 0;
    for (const UserGroup& group : plan_.scenario().users) {
      NamePattern pattern = group.name;
      std::string before, behind;
      if (field == Field::kUserDomain) {
        pattern = {};
        pattern.prefix = group.domain;
      } else if (field == Field::kUser && group.form == UserForm::kDownLevel) {
        before = group.domain + "\\";
      } else if (field == Field::kUser && group.form == UserForm::kPrincipal) {
        behind = "@" + group.domain;
      }
      names.push_back(escaped(pattern, before, behind, how, delimiter, quotes));
      longest = std::max(longest, names.back().length_max(group.count));
    }
    add_names(Operation::Kind::kUserName, std::move(names), longest);
  }

  void add_names(Operation::Kind kind, std::vector<Name> names, std::size_t longest) {
    Operation operation;
    operation.kind = kind;
    operation.table = static_cast<std::uint32_t>(names_.size());
    names_.push_back(std::move(names));
    operations_.push_back(std::move(operation));
    length_max_ += longest;
  }

  void esm_texts(Field field, Escape how, char delimiter) {
    std::vector<std::string> texts;
    std::size_t longest = 0;
    for (const EsmServer& server : plan_.scenario().esms) {
      const std::string text = field == Field::kEsmAddress   ? server.address.to_string()
                               : field == Field::kEsmVersion ? server.version
                                                             : server.name;
      texts.push_back(escape(how, text, delimiter));
      longest = std::max(longest, texts.back().size());
    }
    if (texts.size() == 1) {
      literal(texts.front());
      return;
    }
    Operation operation;
    operation.kind = Operation::Kind::kEsmText;
    operation.table = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(std::move(texts));
    operations_.push_back(std::move(operation));
    length_max_ += longest;
  }

  void pattern(const Pattern& pieces, Escape how, char delimiter = '\t') {
    // A CSV column of one placeholder is quoted where its value needs it; one put together of
    // several pieces always.
    const bool csv = how == Escape::kCsv;
    const bool whole = csv && pieces.size() > 1;
    const bool plain = csv && pieces.size() == 1 && !pieces[0].is_field &&
                       pieces[0].literal.find_first_of(",\"") == std::string::npos;
    const bool quoted = whole || (csv && pieces.size() == 1 && !pieces[0].is_field && !plain);
    if (quoted) literal("\"");
    for (const Piece& piece : pieces) {
      if (!piece.is_field) {
        literal(escape(how, piece.literal, delimiter));
        continue;
      }
      switch (piece.field) {
        case Field::kEndpointHost:
        case Field::kEndpointAddress:
        case Field::kEndpointVersion:
          endpoint_names(piece.field, how, delimiter, csv && !quoted);
          break;
        case Field::kUser:
        case Field::kUserName:
        case Field::kUserDomain:
          user_names(piece.field, how, delimiter, csv && !quoted);
          break;
        case Field::kEsmName:
        case Field::kEsmAddress:
        case Field::kEsmVersion:
          esm_texts(piece.field, how, delimiter);
          break;
        case Field::kTime:
          moment(piece.format);
          break;
        case Field::kOrdinal: {
          Operation operation;
          operation.kind = Operation::Kind::kOrdinal;
          operations_.push_back(std::move(operation));
          length_max_ += 10;
          break;
        }
      }
    }
    if (quoted) literal("\"");
  }

  void head(const Template& message) {
    if (message.head == Head::kNone) return;
    literal("<" + std::to_string(message.priority) + ">");
    switch (message.head) {
      case Head::kNone:
        break;
      case Head::kEsm:
        moment("MMM dd yyyy HH:mm:ss");
        literal(" ");
        esm_texts(Field::kEsmAddress, Escape::kHead, '\t');
        literal(" ");
        break;
      case Head::kRfc3164:
        moment("MMM _d HH:mm:ss");
        literal(" ");
        esm_texts(Field::kEsmName, Escape::kHead, '\t');
        literal(" ");
        break;
      case Head::kRfc5424:
        literal("1 ");
        moment("rfc3339");
        literal(" ");
        esm_texts(Field::kEsmName, Escape::kHead, '\t');
        literal(" " + message.app_name + " - " + message.message_id + " - ");
        break;
      case Head::kEsm5424:
        literal("1 ");
        moment("yyyy-MM-dd'T'HH:mm:ss.SS'Z+00:00'");
        literal(" ");
        esm_texts(Field::kEsmAddress, Escape::kHead, '\t');
        literal(" - - - ");
        break;
    }
  }

  void compile(const Template& message) {
    head(message);
    switch (message.format) {
      case Format::kLeef1:
      case Format::kLeef2:
        compile_leef(message);
        break;
      case Format::kCef:
        compile_cef(message);
        break;
      case Format::kCsv: {
        bool first = true;
        for (const TemplateField& field : message.fields) {
          if (!std::exchange(first, false)) literal(",");
          pattern(field.value, Escape::kCsv);
        }
        padding_ = ",";
        break;
      }
      case Format::kText:
        pattern(message.text, Escape::kText);
        padding_ = " ";
        break;
    }
  }

  void compile_leef(const Template& message) {
    literal(message.format == Format::kLeef1 ? "LEEF:1.0|" : "LEEF:2.0|");
    for (const Pattern* part :
         {&message.vendor, &message.product, &message.version, &message.event_id}) {
      pattern(*part, Escape::kLeefHeader);
      literal("|");
    }
    if (message.format == Format::kLeef2) literal(message.delimiter_text + "|");
    const std::string delimiter(1, message.delimiter);
    bool first = true;
    for (const TemplateField& field : message.fields) {
      if (!std::exchange(first, false)) literal(delimiter);
      literal(field.key + "=");
      pattern(field.value, Escape::kLeefValue, message.delimiter);
    }
    padding_ = delimiter + "pad=";
  }

  void compile_cef(const Template& message) {
    literal("CEF:0|");
    for (const Pattern* part : {&message.vendor, &message.product, &message.version,
                                &message.event_id, &message.event_name}) {
      pattern(*part, Escape::kCefHeader);
      literal("|");
    }
    literal(message.cef_severity + "|");
    bool first = true;
    for (const TemplateField& field : message.fields) {
      if (!std::exchange(first, false)) literal(" ");
      literal(field.key + "=");
      pattern(field.value, Escape::kCefValue);
    }
    padding_ = " pad=";
  }

  char* put_moment(char* out, Moment& moment, UtcTime time) {
    const std::int64_t second = time.time_since_epoch().count() / 1'000'000'000;
    if (second != moment.second || moment.format.has_fractions()) {
      moment.second = second;
      moment.length = static_cast<std::size_t>(moment.format.write(time, moment.text.data()) -
                                               moment.text.data());
    }
    return put(out, {moment.text.data(), moment.length});
  }

  static char* put_name(char* out, const Name& name, std::uint32_t index) {
    out = put(out, name.before);
    if (name.numbered) out = put_number(out, index + 1, name.width);
    return put(out, name.behind);
  }

  char* pad(char* begin, char* out) const {
    const auto length = static_cast<std::size_t>(out - begin);
    assert(length + padding_.size() <= pad_to_ && "padding_fits() was asked");
    out = put(out, padding_);
    const std::size_t missing = pad_to_ - length - padding_.size();
    std::memset(out, 'x', missing);
    return out + missing;
  }

  const Plan& plan_;
  UtcTime epoch_;
  std::size_t pad_to_;
  std::vector<Operation> operations_;
  std::vector<Moment> moments_;
  std::vector<std::vector<Name>> names_;         // per place: a Name a group
  std::vector<std::vector<std::string>> texts_;  // per place: a text an ESM
  std::string padding_;                          // what stands before the filler
  std::size_t length_max_ = 0;
};

Renderer::Renderer(const Template& message, const Plan& plan, UtcTime epoch)
    : program_(std::make_unique<Program>(message, plan, epoch)) {}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;

std::size_t Renderer::length_max() const {
  return std::max(program_->unpadded_max(), program_->pad_to());
}

bool Renderer::padding_fits() const {
  return program_->pad_to() == 0 || padded_length_min() <= program_->pad_to();
}

std::size_t Renderer::padded_length_min() const {
  return program_->unpadded_max() + program_->padding_min();
}

char* Renderer::render(const Event& event, char* out) { return program_->render(event, out); }

std::string Renderer::render(const Event& event) {
  std::string text(length_max(), '\0');
  text.resize(static_cast<std::size_t>(program_->render(event, text.data()) - text.data()));
  return text;
}

}  // namespace esm
