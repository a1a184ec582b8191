#include "app/backup_file.h"

#include "state/backup.h"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace atlas::app {
namespace {

namespace fs = std::filesystem;

Error unwritable(const std::string& path, const std::string& what, int error) {
  return Error(Code::kFileUnwritable,
               fmt::format("{}: {}", what, std::generic_category().message(error)))
      .at(path);
}

Result<> synced(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool done = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  return done ? Result<>() : unwritable(path, "it does not come to the disk", error);
}

// A slip of the hand names a database, the mapping, a device: all of them stay.
Result<> refuse_others(const std::string& path) {
  std::error_code failed;
  const fs::file_status there = fs::symlink_status(path, failed);
  if (there.type() == fs::file_type::not_found) return {};
  if (!fs::is_regular_file(path, failed))
    return Error(Code::kFileInTheWay, "it is no regular file").at(path);
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Code::kFileInTheWay, "it cannot be read").at(path);
  if (begins_as_backup(file)) return {};
  return Error(Code::kFileInTheWay, "it does not begin as a backup does").at(path);
}

}  // namespace

BackupFile::BackupFile(std::string path)
    : path_(std::move(path)), part_(fmt::format("{}.part{}", path_, ::getpid())) {}

BackupFile::~BackupFile() {
  std::error_code ignored;
  if (made_) fs::remove(part_, ignored);
}

Result<> BackupFile::open() {
  ATLAS_OK(refuse_others(path_));
  const int made = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) return unwritable(path_, "nothing can be made there", errno);
  ::close(made);
  made_ = true;
  out_.open(part_, std::ios::binary);
  return out_ ? Result<>() : unwritable(path_, "nothing can be made there", errno);
}

Result<> BackupFile::finish() {
  out_.close();
  if (!out_) return unwritable(path_, "its end could not be written", errno);
  ATLAS_OK(synced(part_, O_WRONLY));
  // Somebody may have put a file there meanwhile.
  ATLAS_OK(refuse_others(path_));
  std::error_code failed;
  fs::rename(part_, path_, failed);
  if (failed) return unwritable(path_, "it cannot be given its name", failed.value());
  made_ = false;
  const std::string folder = fs::path(path_).parent_path().string();
  return synced(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace atlas::app
