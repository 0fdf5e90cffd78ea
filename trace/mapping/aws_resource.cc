#include "trace/mapping/aws_resource.h"

#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/json_writer.h"

namespace roentgen::storage {
namespace {

using Kind = AnyValueView::Kind;

std::string_view TextOf(const AnyValueView* value) {
  return value != nullptr && value->kind == Kind::kString ? value->bytes
                                                          : std::string_view();
}

// Writes the members of `aws` one by one; what is empty is left out.
class Members {
 public:
  Members(const ContextView& context, std::string& out)
      : context_(context), json_(out) {}

  std::string_view Text(std::string_view key) const {
    return TextOf(Find(key));
  }
  const AnyValueView* Find(std::string_view key) const {
    return FindAttribute(context_.resource_attributes, key);
  }
  void Open(std::string_view block) { json_.Key(block).BeginObject(); }
  void Close() { json_.EndObject(); }
  void Put(std::string_view name, std::string_view value) {
    if (!value.empty()) json_.Key(name).String(value);
  }
  void Copy(std::string_view name, std::string_view key) {
    Put(name, Text(key));
  }
  JsonWriter& json() { return json_; }

 private:
  const ContextView& context_;
  JsonWriter json_;
};

std::string_view OriginOf(const Members& in) {
  const std::string_view platform = in.Text("cloud.platform");
  if (platform == "aws_app_runner") return "AWS::AppRunner::Service";
  if (platform == "aws_eks") return "AWS::EKS::Container";
  if (platform == "aws_elastic_beanstalk") {
    return "AWS::ElasticBeanstalk::Environment";
  }
  if (platform == "aws_ecs") {
    const std::string_view launch = in.Text("aws.ecs.launchtype");
    return launch == "ec2"       ? "AWS::ECS::EC2"
           : launch == "fargate" ? "AWS::ECS::Fargate"
                                 : "AWS::ECS::Container";
  }
  if (platform == "aws_ec2") return "AWS::EC2::Instance";
  // Not the exporter's; the node of a function has this type in X-Ray.
  if (platform == "aws_lambda") return "AWS::Lambda::Function";
  return {};
}

void WriteEc2(Members& in, AwsResource& out) {
  out.instance_id = in.Text("host.id");
  out.availability_zone = in.Text("cloud.availability_zone");
  in.Open("ec2");
  in.Put("instance_id", out.instance_id);
  in.Put("availability_zone", out.availability_zone);
  in.Copy("instance_size", "host.type");
  in.Copy("ami_id", "host.image.id");
  in.Close();
}

void WriteEcs(Members& in) {
  in.Open("ecs");
  in.Copy("container", "container.name");
  in.Copy("container_id", "container.id");
  in.Copy("availability_zone", "cloud.availability_zone");
  in.Copy("container_arn", "aws.ecs.container.arn");
  in.Copy("cluster_arn", "aws.ecs.cluster.arn");
  in.Copy("task_arn", "aws.ecs.task.arn");
  in.Copy("task_family", "aws.ecs.task.family");
  in.Copy("launch_type", "aws.ecs.launchtype");
  in.Close();
}

void WriteBeanstalk(Members& in) {
  int64_t deployment = 0;
  const std::string_view id = in.Text("service.instance.id");
  if (!absl::SimpleAtoi({id.data(), id.size()}, &deployment)) deployment = 0;
  in.Open("elastic_beanstalk");
  in.Copy("environment_name", "service.namespace");
  in.json().Key("deployment_id").Int(deployment);
  in.Copy("version_label", "service.version");
  in.Close();
}

void WriteEks(Members& in) {
  in.Open("eks");
  in.Copy("cluster_name", "k8s.cluster.name");
  in.Copy("pod", "k8s.pod.name");
  in.Copy("container_id", "container.id");
  in.Close();
}

// A list of strings, or one string with '&' between them.
std::vector<std::string_view> TextsOf(const AnyValueView* value) {
  std::vector<std::string_view> texts;
  if (value == nullptr) return texts;
  if (value->kind == Kind::kArray) {
    std::vector<AnyValueView> elements;
    ReadArray(value->bytes, elements);
    for (const AnyValueView& element : elements) {
      if (!TextOf(&element).empty()) texts.push_back(element.bytes);
    }
  } else if (value->kind == Kind::kString) {
    for (absl::string_view part : absl::StrSplit(
             absl::string_view(value->bytes.data(), value->bytes.size()), '&',
             absl::SkipEmpty())) {
      texts.emplace_back(part.data(), part.size());
    }
  }
  return texts;
}

// arn:aws:logs:<region>:<account>:log-group:<name>:*
std::string_view GroupOfArn(std::string_view arn) {
  for (int colons = 0; colons < 6; ++colons) {
    const size_t at = arn.find(':');
    if (at == arn.npos) return {};
    arn.remove_prefix(at + 1);
  }
  return arn.substr(0, arn.find(':'));
}

void WriteLogs(Members& in) {
  const std::vector<std::string_view> arns =
      TextsOf(in.Find("aws.log.group.arns"));
  const std::vector<std::string_view> names =
      arns.empty() ? TextsOf(in.Find("aws.log.group.names")) : arns;
  if (names.empty()) return;
  in.json().Key("cloudwatch_logs").BeginArray();
  for (std::string_view name : names) {
    in.json().BeginObject();
    in.Put("log_group", arns.empty() ? name : GroupOfArn(name));
    if (!arns.empty()) in.Put("arn", name);
    in.json().EndObject();
  }
  in.json().EndArray();
}

void WriteXray(Members& in) {
  std::string sdk(in.Text("telemetry.sdk.name"));
  const std::string_view language = in.Text("telemetry.sdk.language");
  if (!sdk.empty() && !language.empty()) sdk.append(" for ").append(language);
  in.Open("xray");
  in.Put("sdk", sdk);
  in.Copy("sdk_version", "telemetry.sdk.version");
  in.json()
      .Key("auto_instrumentation")
      .Bool(in.Find("telemetry.auto.version") != nullptr ||
            in.Find("telemetry.distro.version") != nullptr);
  in.Close();
}

}  // namespace

AwsResource AwsResourceOf(const ContextView& context) {
  AwsResource out;
  Members in(context, out.members);
  const std::string_view provider = in.Text("cloud.provider");
  if (!provider.empty() && provider != "aws") {
    out.is_aws = false;
    return out;
  }
  const std::string_view platform = in.Text("cloud.platform");
  out.origin = OriginOf(in);
  out.account_id = in.Text("cloud.account.id");
  if (platform == "aws_ec2" || !in.Text("host.id").empty()) WriteEc2(in, out);
  if (platform == "aws_ecs") WriteEcs(in);
  if (platform == "aws_elastic_beanstalk" &&
      !in.Text("service.instance.id").empty()) {
    WriteBeanstalk(in);
  }
  if (platform == "aws_eks" || !in.Text("k8s.cluster.name").empty()) {
    WriteEks(in);
  }
  WriteLogs(in);
  WriteXray(in);
  return out;
}

}  // namespace roentgen::storage
