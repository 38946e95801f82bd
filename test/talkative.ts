/** For tests of what is sent: ONNX Runtime as it would be on a person's machine, where it keeps and tells what it likes. */

/** Where any of these is set, it is silent by itself. */
const silencing = ['CI', 'TF_BUILD', 'GITHUB_ACTIONS', 'GITLAB_CI', 'CIRCLECI', 'TRAVIS', 'JENKINS_URL', 'BUILDKITE']
  .concat(['CODEBUILD_BUILD_ID', 'TEAMCITY_VERSION', 'APPVEYOR', 'BITBUCKET_BUILD_NUMBER', 'ORT_RUNNING_UNIT_TESTS'])
  .concat('SYSTEM_TEAMFOUNDATIONCOLLECTIONURI')

/** To be spread over an environment. */
export const talkative: NodeJS.ProcessEnv = {
  ...Object.fromEntries(silencing.map((name) => [name, undefined])),
  ORT_DISABLE_TELEMETRY: '0',
}

/** The name of the file in a home folder that it keeps its identifier in. */
export const identifier = 'deviceid'
