"""Asks judges that are Python libraries, and reads the answers of one that is a program for Python files.

    python ask.py JUDGE FILE...    prints {"version": "...", "problems": [{"file": "...", "text": "..."}]}
"""

import json
import pathlib
import sys
from importlib.metadata import version


def hcl2_judge(files):
    import hcl2

    return version("python-hcl2"), each(files, lambda text: hcl2.loads(text))


def bicep_judge(files):
    from pycep import BicepParser

    parser = BicepParser()
    return version("pycep-parser"), each(files, lambda text: parser.parse(text=text))


def kubernetes_judge(files):
    import kubernetes_validate
    import yaml

    newest = kubernetes_validate.latest_version()

    def check(text):
        for document in yaml.safe_load_all(text):
            if document is not None:
                kubernetes_validate.validate(document, newest, strict=True)

    return f"{version('kubernetes-validate')} (Kubernetes {newest})", each(files, check)


def sqlfluff_judge(files):
    from sqlfluff.core import FluffConfig, Linter

    linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake"}))

    def check(text):
        parsed = linter.parse_string(text)
        problems = [f"line {one.line_no}: {one.desc()}" for one in parsed.violations]
        if problems:
            raise ValueError("; ".join(problems))

    return version("sqlfluff"), each(files, check)


def rego_judge(files):
    from regopy import Interpreter

    def check(text):
        interpreter = Interpreter()
        interpreter.add_module("policy", text)
        interpreter.query("data")

    return version("regopy"), each(files, check)


def parliament_judge(files):
    import parliament

    found = []
    for file in files:
        policy = parliament.analyze_policy_string(pathlib.Path(file).read_text())
        for finding in policy.findings:
            detail = parliament.enhance_finding(finding)
            if detail.severity not in ("MUTED", "INFO"):
                found.append({"file": file, "text": f"{detail.severity} {detail.issue}: {detail.title} {detail.detail}"})
    return version("parliament"), found


def moto_judge(files):
    """Puts policies, and stacks of templates, into an account that moto plays."""
    import boto3
    from moto import mock_aws

    found = []
    for file in files:
        text = pathlib.Path(file).read_text()
        with mock_aws():
            session = boto3.Session(aws_access_key_id="loopback", aws_secret_access_key="loopback", region_name="us-east-1")
            try:
                put(session, text)
            except Exception as error:  # whatever it says is the verdict
                found.append({"file": file, "text": f"{type(error).__name__}: {error}"})
    return version("moto"), found


def put(session, text):
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if document is None or "Resources" in document:
        cloudformation = session.client("cloudformation")
        parameters = cloudformation.validate_template(TemplateBody=text)["Parameters"]
        # moto runs no pattern of a parameter; cfn-lint has judged them.
        given = [{"ParameterKey": one["ParameterKey"], "ParameterValue": one.get("DefaultValue") or "loopback"} for one in parameters]
        cloudformation.create_stack(StackName="proof", TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
        status = cloudformation.describe_stacks(StackName="proof")["Stacks"][0]["StackStatus"]
        if status != "CREATE_COMPLETE":
            raise ValueError(status)
        return
    iam = session.client("iam")
    statements = document["Statement"]
    statements = statements if isinstance(statements, list) else [statements]
    if any("Principal" in statement for statement in statements):
        iam.create_role(RoleName="proof", AssumeRolePolicyDocument=text)
    else:
        iam.create_policy(PolicyName="proof", PolicyDocument=text)


def each(files, check):
    found = []
    for file in files:
        try:
            check(pathlib.Path(file).read_text())
        except Exception as error:  # the judges have exceptions of their own each
            found.append({"file": file, "text": f"{type(error).__name__}: {str(error)[:600]}"})
    return found


JUDGES = {
    "hcl2": hcl2_judge,
    "bicep": bicep_judge,
    "kubernetes": kubernetes_judge,
    "sqlfluff": sqlfluff_judge,
    "rego": rego_judge,
    "parliament": parliament_judge,
    "moto": moto_judge,
}

if __name__ == "__main__":
    name, *paths = sys.argv[1:]
    release, problems = JUDGES[name](paths)
    print(json.dumps({"version": release, "problems": problems}))
