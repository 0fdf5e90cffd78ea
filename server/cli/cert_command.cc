// Certificates for trying TLS out.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "server/cli/commands.h"
#include "server/tls/certificate_maker.h"

namespace roentgen::server {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kForAll = 0644;
constexpr mode_t kForOwner = 0600;

absl::Status CannotWrite(const fs::path& path) {
  return absl::UnavailableError("cannot write " + path.string() + ": " +
                                std::strerror(errno));
}

// Whole or not at all; a key is never seen by others, not for a moment.
absl::Status Write(const fs::path& path, const std::string& text, mode_t mode) {
  const std::string aside = path.string() + ".new";
  ::unlink(aside.c_str());
  const int fd =
      ::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return CannotWrite(path);
  const ssize_t written = ::write(fd, text.data(), text.size());
  // Whatever the process masks.
  const bool well = written == static_cast<ssize_t>(text.size()) &&
                    ::fchmod(fd, mode) == 0 && ::fsync(fd) == 0;
  if (::close(fd) != 0 || !well ||
      std::rename(aside.c_str(), path.c_str()) != 0) {
    const absl::Status status = CannotWrite(path);
    ::unlink(aside.c_str());
    return status;
  }
  return absl::OkStatus();
}

std::string TextOf(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

absl::Status WritePair(const fs::path& stem, const PemPair& pair) {
  RTG_RETURN_IF_ERROR(Write(stem.string() + ".key", pair.key, kForOwner));
  return Write(stem.string() + ".pem", pair.certificate, kForAll);
}

// That of the folder, or a new one.
absl::StatusOr<CertificateMaker> AuthorityIn(const fs::path& folder,
                                             absl::Time now) {
  const fs::path stem = folder / "ca";
  const fs::path certificate = stem.string() + ".pem";
  const fs::path key = stem.string() + ".key";
  if (fs::exists(certificate) || fs::exists(key)) {
    auto known = CertificateMaker::Of(
        {.certificate = TextOf(certificate), .key = TextOf(key)});
    if (known.ok()) return known;
    return absl::InvalidArgumentError(certificate.string() + ", " +
                                      key.string() + ": " +
                                      std::string(known.status().message()));
  }
  RTG_ASSIGN_OR_RETURN(CertificateMaker made, CertificateMaker::New(now));
  RTG_RETURN_IF_ERROR(WritePair(stem, made.authority()));
  return made;
}

// A client's name as the name of its files.
std::string FileNameOf(std::string name) {
  const auto is_other = [](char c) { return c == '/' || c == ':'; };
  std::replace_if(name.begin(), name.end(), is_other, '_');
  return "client-" + name;
}

absl::Status MakeServer(const CertificateMaker& maker, const fs::path& folder,
                        const std::vector<std::string>& hosts,
                        const CommandContext& context) {
  RTG_ASSIGN_OR_RETURN(const PemPair pair,
                       maker.ForServer(hosts, context.clock.Now().ToTime()));
  const std::string stem = (folder / "server").string();
  RTG_RETURN_IF_ERROR(WritePair(stem, pair));
  context.out << stem << ".pem, " << stem << ".key: the server's\n"
              << (folder / "ca.pem").string()
              << ": the authority, for clients to trust\n\n"
              << "roentgen serve --tls.certificate=" << stem
              << ".pem --tls.key=" << stem << ".key\n"
              << "roentgen search --ca=" << (folder / "ca.pem").string()
              << "\n";
  return absl::OkStatus();
}

absl::Status MakeClient(const CertificateMaker& maker, const fs::path& folder,
                        const std::string& name,
                        const CommandContext& context) {
  RTG_ASSIGN_OR_RETURN(const PemPair pair,
                       maker.ForClient(name, context.clock.Now().ToTime()));
  RTG_ASSIGN_OR_RETURN(const std::string digest,
                       KeyDigestName(pair.certificate));
  const std::string stem = (folder / FileNameOf(name)).string();
  RTG_RETURN_IF_ERROR(WritePair(stem, pair));
  const char* const kind =
      name.find("://") == std::string::npos ? "dns:" : "uri:";
  context.out
      << stem << ".pem, " << stem
      << ".key: a client's; in the file of keys it is\n  certificates: [" << '"'
      << kind << name << "\"], or [\"" << digest << "\"]\n";
  return absl::OkStatus();
}

absl::Status MakeAll(const std::vector<std::string>& hosts,
                     const std::string& client, const fs::path& folder,
                     const CommandContext& context) {
  std::error_code error;
  if (!fs::exists(folder)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError("cannot make " + folder.string() + ": " +
                                  error.message());
  }
  RTG_ASSIGN_OR_RETURN(const CertificateMaker maker,
                       AuthorityIn(folder, context.clock.Now().ToTime()));
  if (!hosts.empty()) {
    RTG_RETURN_IF_ERROR(MakeServer(maker, folder, hosts, context));
  }
  if (client.empty()) return absl::OkStatus();
  return MakeClient(maker, folder, client, context);
}

}  // namespace

int CertCommand(const Arguments& arguments, const CommandContext& context) {
  const std::string listed = arguments.Value("host").value_or("");
  std::vector<std::string> hosts =
      absl::StrSplit(listed, ',', absl::SkipEmpty());
  hosts.insert(hosts.end(), arguments.words().begin(), arguments.words().end());
  const std::string client = arguments.Value("client").value_or("");
  if (hosts.empty() && client.empty()) {
    return Misuse("cert: --host NAME, --client NAME, or both", context);
  }
  const absl::Status made =
      MakeAll(hosts, client, arguments.Value("out").value_or("tls"), context);
  if (made.ok()) return kExitOk;
  context.err << "roentgen: " << made.message() << '\n';
  return absl::IsInvalidArgument(made) ? kExitUsage : kExitFailed;
}

}  // namespace roentgen::server
